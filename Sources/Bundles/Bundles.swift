// The door of Bundles.
