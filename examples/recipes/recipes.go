// Package recipes embeds the recipes that ship with caliper.
package recipes

import "embed"

// Files holds one YAML file a recipe.
//
//go:embed *.yaml
var Files embed.FS
