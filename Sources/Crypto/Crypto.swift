// The door of Crypto.
