package syslog_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"crypto/x509"
)

// rsyslog is a server of its own, which writes what it understood of each message.
type rsyslog struct {
	testing.TB
	folder        string
	udp, tcp, tls int // ports
	roots         *x509.CertPool
}

// understood is a message as rsyslog read it.
type understood struct {
	Pri, Time, Host, App, MsgID, SD, Msg string
}

const rsyslogConfig = `
global(workDirectory="%[1]s" maxMessageSize="2m" parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriverCAFile="%[1]s/cert.pem" defaultNetstreamDriverCertFile="%[1]s/cert.pem" defaultNetstreamDriverKeyFile="%[1]s/key.pem")
module(load="imudp") input(type="imudp" address="127.0.0.1" port="%[2]d" ruleset="out" rcvbufSize="4m")
module(load="imptcp") input(type="imptcp" address="127.0.0.1" port="0" listenPortFileName="%[1]s/tcp" ruleset="out")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="%[1]s/tls" ruleset="out")
template(name="line" type="list" option.jsonf="on") {
  property(outname="Pri" name="pri" format="jsonf")
  property(outname="Time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="Host" name="hostname" format="jsonf")
  property(outname="App" name="app-name" format="jsonf")
  property(outname="MsgID" name="msgid" format="jsonf")
  property(outname="SD" name="structured-data" format="jsonf")
  property(outname="Msg" name="msg" format="jsonf")
}
ruleset(name="out") { action(type="omfile" file="%[1]s/out" template="line") }
`

// startRsyslog starts a server as a child. Its packages are rsyslog and rsyslog-gnutls.
func startRsyslog(t *testing.T) *rsyslog {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		program = "/usr/sbin/rsyslogd"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no rsyslogd; install rsyslog and rsyslog-gnutls")
		}
		t.Skip("there is no rsyslogd to receive it; install rsyslog and rsyslog-gnutls")
	}
	s := &rsyslog{TB: t, folder: t.TempDir(), udp: freeUDP(t)}
	s.roots = certify(t, s.folder, "127.0.0.1")
	config := filepath.Join(s.folder, "rsyslog.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, rsyslogConfig, s.folder, s.udp), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program, "-n", "-f", config, "-i", filepath.Join(s.folder, "pid"))
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Signal(syscall.SIGTERM)
		_ = child.Wait()
	})
	s.tcp, s.tls = s.port("tcp"), s.port("tls")
	s.awaitUDP()
	return s
}

func freeUDP(t testing.TB) int {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// eventually tries until it works.
func (s *rsyslog) eventually(what string, try func() bool) {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); !try(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("rsyslog has not %s in time; it has read %d messages", what, len(s.read()))
		}
	}
}

// port is that which rsyslog chose, and wrote into a file.
func (s *rsyslog) port(name string) (port int) {
	s.eventually("opened its "+name+" port", func() bool {
		text, _ := os.ReadFile(filepath.Join(s.folder, name))
		port, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return port > 0
	})
	return port
}

func (s *rsyslog) awaitUDP() {
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", s.udp))
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close()
	s.eventually("answered over UDP", func() bool {
		_, _ = conn.Write([]byte("<14>1 - - probe - - - probe"))
		return len(s.lines()) > 0
	})
}

// lines are all messages, the probes among them.
func (s *rsyslog) lines() []understood {
	file, err := os.Open(filepath.Join(s.folder, "out"))
	if err != nil {
		return nil
	}
	defer file.Close()
	var read []understood
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var m understood
		if json.Unmarshal(lines.Bytes(), &m) == nil { // the last may still be being written
			read = append(read, m)
		}
	}
	return read
}

func (s *rsyslog) read() []understood {
	var read []understood
	for _, m := range s.lines() {
		if m.App != "probe" {
			read = append(read, m)
		}
	}
	return read
}

// received waits for so many messages.
func (s *rsyslog) received(n int) (read []understood) {
	s.Helper()
	s.eventually(fmt.Sprintf("received %d messages", n), func() bool {
		read = s.read()
		return len(read) >= n
	})
	if len(read) != n {
		s.Fatalf("%d messages were received, not %d", len(read), n)
	}
	return read
}
