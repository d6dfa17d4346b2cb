package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/internal/term"
)

// version is the release that this source belongs to.
const version = "0.1.0"

type versionInfo struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	Go        string `json:"go"`
	Platform  string `json:"platform"`
	Kernel    string `json:"kernel"`
	Processor string `json:"processor"`
}

func currentVersion() versionInfo {
	return versionInfo{
		Version: version, Commit: commit(), Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:   simd.Kernel(), Processor: simd.Processor(),
	}
}

// commit is the revision that the binary was built from, or "unknown".
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	return revision + dirty
}

func newVersionCmd(s term.Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and the kernels chosen for this processor",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := currentVersion()
			if asJSON {
				enc := json.NewEncoder(s.Out)
				enc.SetIndent("", "  ")
				return enc.Encode(v)
			}
			_, err := fmt.Fprintf(s.Out, "caliper %s\ncommit    %s\ngo        %s\nplatform  %s\nkernel    %s\nprocessor %s\n",
				v.Version, v.Commit, v.Go, v.Platform, v.Kernel, v.Processor)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
