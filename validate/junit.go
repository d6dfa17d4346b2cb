package validate

import (
	"encoding/xml"
	"fmt"
	"io"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
}

// WriteJUnit writes the gates as a JUnit test suite: one test a gate.
func WriteJUnit(w io.Writer, r *Report) error {
	suite := junitSuite{Name: "caliper validate " + r.Task, Tests: len(r.Gates)}
	for _, g := range r.Gates {
		c := junitCase{Name: g.Gate, Class: "validate." + r.Task, Output: g.Reason}
		if !g.Passed {
			suite.Failures++
			message := g.Note
			if g.Value != nil {
				message = fmt.Sprintf("got %.6g", *g.Value)
			}
			c.Failure = &junitFailure{message}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("validate: junit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(suite); err != nil {
		return fmt.Errorf("validate: junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
