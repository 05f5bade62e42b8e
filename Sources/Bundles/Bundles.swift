// The door of Bundles: files and folders in, modules and a base document out.
//
// `PolicyLoader` reads what `-d` and `-b` name, the way OPA does: a folder's path is a data path,
// documents are laid over each other, and a bundle's manifest says which part of `data` it owns.
// Everything that is wrong is collected, so that an author sees all of it at once, and everything
// that is read is bounded. Nothing is written, and nothing is watched here: `Fingerprint` says
// whether a second reading would find something else, and whoever serves asks for it.
