// Package arch holds the repository's imports to the table of docs/ARCHITECTURE.md; it is all test.
package arch
