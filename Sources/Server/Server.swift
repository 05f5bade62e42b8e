// The door of Server.
