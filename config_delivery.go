package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	receivers "github.com/authtrail/authtrail/delivery/dial"
)

// DeliveryConfig is how events are delivered to destinations.
type DeliveryConfig struct {
	Run        bool          `name:"delivery" default:"true" negatable:"" help:"Deliver events to destinations; of processes that share a cluster, one delivers to each. With --no-delivery this one never does."`
	Dir        string        `name:"delivery-dir" type:"path" placeholder:"DIR" help:"Folder that file destinations write in, and never outside of it; the folder delivered in --data unless told."`
	DirPerOrg  bool          `name:"delivery-dir-per-org" help:"Give each organisation a folder of its own in --delivery-dir, named as it is, in which its file destinations write: for organisations that do not trust each other."`
	PauseAfter time.Duration `name:"delivery-pause-after" default:"168h" placeholder:"TIME" help:"How long a destination may take nothing before its delivery is paused, with its position kept, unless it says so itself."`
	Allow      []string      `name:"delivery-allow" placeholder:"NETWORK" help:"Network that destinations may lead to though it is not public, such as 10.1.0.0/16; several may be repeated or separated by commas."`

	FileMaxBytes int64         `name:"delivery-file-max-bytes" default:"104857600" placeholder:"BYTES" help:"How large a delivered file may grow before it is rotated and compressed; 0 is any size."`
	FileEvery    time.Duration `name:"delivery-file-every" default:"24h" placeholder:"TIME" help:"How long a stretch of time the events of one delivered file are from; then it is rotated. 0 never does."`
	FileKeep     int           `name:"delivery-file-keep" default:"14" placeholder:"NUMBER" help:"How many rotated files are kept beside each delivered file; 0 keeps all."`

	CertificateFile string `name:"delivery-certificate-file" type:"path" placeholder:"FILE" help:"PEM file with the certificate that is shown to destinations which ask for one, and those that signed it."`
	KeyFile         string `name:"delivery-key-file" type:"path" placeholder:"FILE" help:"PEM file with the key of --delivery-certificate-file."`
}

// validateDelivery refuses what could not work, naming the flag.
func (c Config) validateDelivery() error {
	d := c.Delivery
	switch {
	case d.PauseAfter <= 0:
		return fmt.Errorf("--delivery-pause-after %s: must be more than 0", d.PauseAfter)
	case d.FileMaxBytes < 0:
		return fmt.Errorf("--delivery-file-max-bytes %d: must not be negative", d.FileMaxBytes)
	case d.FileEvery < 0:
		return fmt.Errorf("--delivery-file-every %s: must not be negative", d.FileEvery)
	case d.FileKeep < 0:
		return fmt.Errorf("--delivery-file-keep %d: must not be negative", d.FileKeep)
	case (d.CertificateFile == "") != (d.KeyFile == ""):
		return fmt.Errorf("--delivery-certificate-file and --delivery-key-file: give both or neither")
	}
	_, err := d.allowed()
	return err
}

func (d DeliveryConfig) allowed() ([]netip.Prefix, error) {
	networks, err := receivers.ParseAllowed(d.Allow)
	if err != nil {
		return nil, fmt.Errorf("--delivery-allow: %w", err)
	}
	return networks, nil
}

// deliveryFolder is where the files of file destinations are.
func (c Config) deliveryFolder() destination.Folder {
	return destination.Folder{Path: cmp.Or(c.Delivery.Dir, filepath.Join(c.Data, "delivered")), PerOrg: c.Delivery.DirPerOrg}
}
