// The door of Decisions.
