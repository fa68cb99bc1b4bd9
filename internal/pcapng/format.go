// Package pcapng writes the events of a journal as blocks of the pcapng format,
// which Wireshark opens, and reads such blocks back as the same events. It stands
// between the journal's memory and its files: it has no files and no goroutines,
// only bytes in and bytes out. It does not read what other programs captured
// (see ErrForeign).
//
// # How an event becomes blocks
//
// A segment starts with a section header block. Each session of it is an
// interface, named by the session and its endpoint. For IP it has raw IP packets:
// bytes received and sent have IP and TCP or UDP headers made up around them; so have
// the joining and leaving of TCP peers. What is not IP is Wireshark's upper PDU (link
// type 252). Events without a packet are interface statistics blocks.
//
// What a packet cannot say is in a custom option of JSON. Every block ends in the
// integrity option: a custom option with the event's kind and peer and a CRC-32C of all
// of the block but the packet bytes, which have a CRC-32 of their own in
// epb_hash. So no bit of a segment can change unseen.
//
// # The integrity option
//
// It is option 2989 (custom, binary, safe to copy) and the last one before
// opt_endofopt, so its place is known from the block's end. All numbers are
// little-endian.
//
//	number    4  32473, the private enterprise number for documentation (RFC 5612);
//	             Sockeye has none of its own
//	version   1  Version; in a section header this place never moves
//	kind      1  the event's kind; 0: the block carries no event of its own
//	flags     2  see the flag constants
//	part      2  which part of the event's data this is, from 0
//	parts     2  in how many parts the data came; 0 when the event has no data
//	segment   4  the same in every block of a segment
//	peer      8  the peer's ID
//	number    8  not in packet blocks, whose epb_packetid, right before this option,
//	             is this number: the event's; in an interface description, the
//	             interface's; in a section header, the run's
//	crc       4  CRC-32C of the block before this field, without packet bytes
package pcapng

import "hash/crc32"

// Version is the version of the format written here. A segment of a newer one is
// refused.
const Version = 1

// Block types, draft-ietf-opsawg-pcapng section 4.
const (
	blockSection    = 0x0A0D0D0A
	blockInterface  = 1
	blockStatistics = 5
	blockPacket     = 6
)

// Options, draft-ietf-opsawg-pcapng sections 3.5 and 4.
const (
	optEnd        = 0
	optComment    = 1
	optCustomText = 2988
	optCustomData = 2989

	optHardware    = 2 // section header
	optOS          = 3
	optApplication = 4

	optName        = 2 // interface description
	optDescription = 3
	optResolution  = 9

	optReceived = 4 // interface statistics
	optDropped  = 5

	optFlags    = 2 // enhanced packet
	optHash     = 3
	optPacketID = 5
)

const (
	byteOrderMagic = 0x1A2B3C4D
	linkRaw        = 101    // LINKTYPE_RAW: an IPv4 or IPv6 packet
	linkUpperPDU   = 252    // LINKTYPE_WIRESHARK_UPPER_PDU: tags, then bytes of a protocol
	snapLength     = 262144 // bytes; more than any IP packet
	hashCRC32      = 2
	enterprise     = 32473 // RFC 5612

	inbound  = 1 // epb_flags
	outbound = 2
)

// Flags of the integrity option.
const (
	flagCustomOption = 1 // the block has a custom option of JSON
	flagPeer         = 2 // the event has a peer: a peer number of 0 is a number
	flagSession      = 4 // the event has a session: the interface's
)

// Sizes of the fixed parts of blocks, in bytes.
const (
	packetFixed     = 28 // before the packet bytes
	statisticsFixed = 20
	interfaceFixed  = 16
	sectionFixed    = 24

	integrityContent = 24                       // as in a packet block, without the enterprise number
	integrityOption  = 4 + 4 + integrityContent // with option header and enterprise number
	integrityLonger  = 8                        // what the integrity option of other blocks has more
	blockTail        = 8                        // opt_endofopt and the length again
	packetOptions    = 8 + 12 + 12              // flags, hash and packet ID
	packetAfter      = packetOptions + integrityOption + blockTail
)

// Limits that bound the memory of a reader. Nothing that is written comes near.
const (
	maxPacket       = 0xFFFF + 40 // bytes of one packet: IPv6 does not count its own header
	maxCustomOption = 128 << 10   // bytes of the options before the integrity option
	maxBlock        = packetFixed + maxPacket + maxCustomOption + packetAfter + 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// padded rounds up to the four bytes on which everything in pcapng is aligned.
func padded(n int) int { return (n + 3) &^ 3 }
