package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/authtrail/authtrail/delivery"
)

// batchID names what is in a request: the same events of a destination have the same
// name, however often they are sent.
func batchID(destination string, batch []delivery.Message) string {
	hash := sha256.New()
	hash.Write([]byte(destination))
	for i := range batch {
		hash.Write([]byte{0})
		hash.Write([]byte(batch[i].ID))
	}
	return "msg_" + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
}

// sign adds the headers of Standard Webhooks.
func (s *sender) sign(header http.Header, id string, body []byte) error {
	now := s.options.Now()
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	if s.signer == nil {
		return nil
	}
	signature, err := s.signer.Sign(id, now, body)
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}
