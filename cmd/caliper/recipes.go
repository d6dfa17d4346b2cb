package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/caliper-imaging/caliper/analyze"
	"github.com/caliper-imaging/caliper/examples/recipes"
	"github.com/caliper-imaging/caliper/study"
)

// embeddedRecipes are those that ship, sorted by name.
func embeddedRecipes() ([]*analyze.Recipe, error) {
	entries, err := recipes.Files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var list []*analyze.Recipe
	for _, e := range entries {
		data, err := recipes.Files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		r, err := analyze.ParseRecipe(e.Name(), data)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].Name < list[b].Name })
	return list, nil
}

// recipeChoice is what --recipe asked for: one recipe, or auto among several.
type recipeChoice struct {
	recipes []*analyze.Recipe
	auto    bool
	text    string // all that decides, for the fingerprint of a run
}

// chooseRecipes reads --recipe: auto, the name of an embedded recipe, or a file.
func chooseRecipes(value string) (recipeChoice, error) {
	list, err := embeddedRecipes()
	if err != nil {
		return recipeChoice{}, err
	}
	if value == "auto" {
		return recipeChoice{recipes: list, auto: true, text: "auto"}, nil
	}
	var names []string
	for _, r := range list {
		if r.Name == value {
			return recipeChoice{recipes: []*analyze.Recipe{r}, text: value}, nil
		}
		names = append(names, r.Name)
	}
	data, err := os.ReadFile(value)
	if err != nil {
		if os.IsNotExist(err) && !strings.ContainsAny(value, `./\`) {
			return recipeChoice{}, usagef("recipe %q: want auto, a file, or one of %s", value, strings.Join(names, ", "))
		}
		return recipeChoice{}, fmt.Errorf("recipe: %w", err)
	}
	r, err := analyze.ParseRecipe(filepath.Base(value), data)
	if err != nil {
		return recipeChoice{}, err
	}
	return recipeChoice{recipes: []*analyze.Recipe{r}, text: string(data)}, nil
}

// pick is the recipe and the series for a study; why says what is missing where there is none.
func (c recipeChoice) pick(s study.Study) (r *analyze.Recipe, series int, why string) {
	if r, series, ok := analyze.Pick(c.recipes, s); ok {
		return r, series, ""
	}
	if c.auto {
		return nil, -1, "no recipe is for a study of this kind"
	}
	// A recipe that was asked for by name is done on what comes nearest.
	r = c.recipes[0]
	relaxed := *r
	relaxed.Match = analyze.Match{Dimensions: r.Match.Dimensions}
	if _, series, ok := analyze.Pick([]*analyze.Recipe{&relaxed}, s); ok {
		return r, series, ""
	}
	return nil, -1, fmt.Sprintf("recipe %s is for images of %d dimensions; the study has none", r.Name, r.Match.Dimensions)
}
