package analyze

import (
	"context"
	"fmt"
	"sync"

	"github.com/caliper-imaging/caliper/analyze/detect"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/segment"
	"github.com/caliper-imaging/caliper/volume"
)

// Networks loads models by name, each once, for all cases of a batch.
type Networks struct {
	Registry models.Registry
	Threads  int

	mu     sync.Mutex
	loaded map[string]*models.Network
	failed map[string]error
}

// Get is the network of the model's name.
func (n *Networks) Get(name string) (*models.Network, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if net, ok := n.loaded[name]; ok {
		return net, n.failed[name]
	}
	if n.loaded == nil {
		n.loaded, n.failed = map[string]*models.Network{}, map[string]error{}
	}
	model, err := n.Registry.Find(name)
	var net *models.Network
	if err == nil {
		net, err = model.Load(n.Threads)
	}
	n.loaded[name], n.failed[name] = net, err
	return net, err
}

// label runs a segmentation network on an image.
func (c *Case) label(ctx context.Context, model string, image *volume.Volume) (*volume.Mask, *models.Card, error) {
	net, err := c.Env.Networks.Get(model)
	if err != nil {
		return nil, nil, err
	}
	mask, err := segment.Run(ctx, net, image, segment.Options{})
	if err != nil {
		return nil, nil, err
	}
	return mask, &net.Card, nil
}

// weakPart of a model's operating point is the score from which a candidate may be the match of a finding
// in the other study; maxWeak bounds how many such are looked at.
const (
	weakPart = 0.5
	maxWeak  = 12
)

// candidates runs a detection network on an image. The boxes come by falling score: those that the
// operating point takes, then the weaker ones, which count only as matches of a finding in the other study.
func (c *Case) candidates(ctx context.Context, model string, e *Exam, within *volume.Mask) ([]detect.Box, *models.Card, error) {
	net, err := c.Env.Networks.Get(model)
	if err != nil {
		return nil, nil, err
	}
	if net.Card.Output.Within != nil && within == nil {
		return nil, nil, &SkipError{Reason: fmt.Sprintf("%s looks within the labels of %s, which are not there", model, net.Card.Output.Within.Model)}
	}
	boxes, err := detect.Run(ctx, net, e.Image, detect.Options{Within: within, SpacingKnown: e.spacingKnown()})
	if err != nil {
		return nil, nil, err
	}
	strong := detect.Count(boxes, &net.Card)
	n := strong
	for n < len(boxes) && n < strong+maxWeak && boxes[n].Score >= weakPart*net.Card.Output.OperatingPoint {
		n++
	}
	return boxes[:n], &net.Card, nil
}
