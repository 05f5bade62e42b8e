// The door of Outbound.
