// The door of RegoMachine.
