package decode

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	wiredns "github.com/miekg/dns"
)

// dissector is what reads messages of a decoder in tshark, and what its fields are here.
type dissector struct {
	name   string
	port   int // of the server
	udp    bool
	marks  []string               // fields one of which every message has that is not a part of one
	fields map[string]counterpart // by the name of the field of tshark
}

// counterpart is what a field of tshark is here.
type counterpart struct {
	ours    string                   // see Node.matching
	meaning func(show string) string // what we show where tshark shows this; nil is the same
	whole   bool                     // we show the whole byte, of which tshark shows some bits
}

// nothing is what a meaning is where there is nothing to compare.
const nothing = "nothing"

func same(fields map[string]string) map[string]counterpart {
	all := map[string]counterpart{}
	for name, ours := range fields {
		all[name] = counterpart{ours: ours}
	}
	return all
}

// as completes fields with one that is shown otherwise.
func as(fields map[string]counterpart, name, ours string, meaning func(show string) string) map[string]counterpart {
	fields[name] = counterpart{ours: ours, meaning: meaning}
	return fields
}

// number is what is made of a number that tshark shows, in any base.
func number(form func(n uint64) string) func(string) string {
	return func(show string) string {
		n, err := strconv.ParseUint(show, 0, 64)
		if err != nil {
			return show + " is no number"
		}
		return form(n)
	}
}

var dissectors = map[string]dissector{
	"modbus-tcp": {"mbtcp", 502, false, []string{"mbtcp.len"}, modbusFields(map[string]string{
		"mbtcp.trans_id": "Transaction identifier", "mbtcp.prot_id": "Protocol identifier", "mbtcp.len": "Length", "mbtcp.unit_id": "Unit identifier"})},
	"modbus-rtu": {"mbrtu", 502, false, []string{"mbrtu.unit_id"}, modbusFields(map[string]string{"mbrtu.unit_id": "Address", "mbrtu.crc16": "CRC"})},
	"mqtt": {"mqtt", 1883, false, []string{"mqtt.len"}, same(map[string]string{
		"mqtt.hdrflags": "Type and flags", "mqtt.len": "Remaining length", "mqtt.protoname": "Protocol name", "mqtt.ver": "Protocol version", "mqtt.conflags": "Connect flags",
		"mqtt.kalive": "Keep alive", "mqtt.clientid": "Client identifier", "mqtt.willtopic": "Will topic", "mqtt.willmsg": "Will message", "mqtt.username": "User name", "mqtt.passwd": "Password",
		"mqtt.conack.flags": "Acknowledge flags", "mqtt.conack.val": "Return code", "mqtt.suback.qos": "Return code", "mqtt.connack.reason_code": "Reason code", "mqtt.suback.reason_code": "Reason code",
		"mqtt.unsuback.reason_code": "Reason code", "mqtt.puback.reason_code": "Reason code", "mqtt.msgid": "Packet identifier", "mqtt.topic": "Topic|Topic filter",
		"mqtt.msg": "Message", "mqtt.sub.qos": "Options", "mqtt.subscription_options": "Options", "mqtt.property_len": "Properties/Length|Will properties/Length",
		"mqtt.prop_number": "Payload format indicator|Message expiry interval|Subscription identifier|Session expiry interval|Receive maximum|Topic alias maximum|Maximum packet size|Will delay interval",
		"mqtt.prop_string": "Response topic|Correlation data|Assigned client identifier", "mqtt.property.content_type": "Content type", "mqtt.prop_key": "User property/Key", "mqtt.prop_value": "User property/Value",
		"json.value.number": "temp", "json.value.true": "ok"})},
	"http": {"http", 80, false, []string{"http.request.version", "http.response.version"}, same(map[string]string{
		"http.request.method": "Method", "http.request.uri": "Target", "http.request.version": "Version", "http.response.version": "Version", "http.response.code": "Status code", "http.response.phrase": "Reason phrase",
		"http.host": "Host", "http.user_agent": "User-Agent", "http.accept": "Accept", "http.accept_encoding": "Accept-Encoding", "http.content_type": "Content-Type", "http.content_length_header": "Content-Length",
		"http.content_encoding": "Content-Encoding", "http.transfer_encoding": "Transfer-Encoding", "http.connection": "Connection", "http.cookie": "Cookie", "http.set_cookie": "Set-Cookie", "http.authorization": "Authorization",
		"http.referer": "Referer", "http.date": "Date", "http.chunk_size": "Size", "http.chunk_data": "Chunk/Data", "json.value.number": "*:number", "json.value.null": "*=null"})},
	"tls": {"tls", 443, false, []string{"tls.record.length"}, same(map[string]string{
		"tls.record.content_type": "Content type", "tls.record.opaque_type": "Content type", "tls.record.version": "TLS/Version", "tls.record.length": "TLS/Length", "tls.alert_message.level": "Level", "tls.alert_message.desc": "Description",
		"tls.handshake.type": "TLS/*/Type", "tls.handshake.length": "TLS/*/Length", "tls.handshake.version": "TLS/*/Version", "tls.handshake.random": "Random", "tls.handshake.session_id_length": "Session ID length",
		"tls.handshake.session_id": "Session ID", "tls.handshake.cipher_suites_length": "Cipher suites length", "tls.handshake.ciphersuite": "Cipher suites/Entry|Cipher suite",
		"tls.handshake.comp_methods_length": "Compression methods length", "tls.handshake.comp_method": "Compression methods|Compression method", "tls.handshake.extensions_length": "Extensions length",
		"tls.handshake.extension.type": "TLS/*/*/Type", "tls.handshake.extension.len": "TLS/*/*/Length", "tls.handshake.extensions_server_name_list_len": "server_name/List length",
		"tls.handshake.extensions_server_name_type": "Name type", "tls.handshake.extensions_server_name_len": "Name length", "tls.handshake.extensions_server_name": "Server name",
		"tls.handshake.extensions_alpn_len": "application_layer_protocol_negotiation/List length", "tls.handshake.extensions_alpn_str_len": "Protocol length", "tls.handshake.extensions_alpn_str": "Protocol",
		"tls.handshake.extensions.supported_versions_len": "supported_versions/List length", "tls.handshake.extensions.supported_version": "Versions/Entry|supported_versions/Version",
		"tls.handshake.extensions_supported_groups_length": "supported_groups/List length", "tls.handshake.extensions_supported_group": "Groups/Entry",
		"tls.handshake.sig_hash_alg_len": "signature_algorithms/List length", "tls.handshake.sig_hash_alg": "Signature algorithms/Entry|Signature algorithm",
		"tls.handshake.server_curve_type": "Curve type", "tls.handshake.server_named_curve": "Named curve", "tls.handshake.server_point_len": "Public key length", "tls.handshake.server_point": "Public key",
		"tls.handshake.sig_len": "Signature length", "tls.handshake.sig": "Signature", "tls.handshake.extensions_key_share_client_length": "key_share/List length",
		"tls.handshake.extensions_key_share_group": "Group", "tls.handshake.extensions_key_share_key_exchange_length": "Key length", "tls.handshake.extensions_key_share_key_exchange": "key_share/Key", "tls.handshake.certificates_length": "Certificates length",
		"tls.handshake.certificate_length": "Certificate/Certificate/Length", "x509ce.dNSName": "Names"})},
	"coap": {"coap", 5683, true, []string{"coap.mid"}, as(as(same(map[string]string{
		"coap.version": "Version", "coap.mid": "Message ID", "coap.token": "Token", "coap.opt.uri_host": "Uri-Host", "coap.opt.uri_port": "Uri-Port", "coap.opt.uri_path": "Uri-Path", "coap.opt.uri_query": "Uri-Query",
		"coap.opt.ctype": "Content-Format", "coap.opt.accept": "Accept", "coap.opt.etag": "ETag", "coap.opt.observe": "Observe", "coap.opt.max_age": "Max-Age", "coap.opt.size1": "Size1",
		"coap.opt.unknown": "Request-Tag", "coap.opt.end_marker": "Payload marker"}),
		"coap.type", "Type", number(func(n uint64) string { return []string{"CON", "NON", "ACK", "RST"}[n] })),
		"coap.code", "Code", number(func(n uint64) string { return fmt.Sprintf("%d.%02d", n>>5, n&31) }))},
	"dns": {"dns", 53, true, []string{"dns.id"}, as(as(as(as(same(map[string]string{
		"dns.id": "Transaction ID", "dns.flags": "Flags", "dns.count.queries": "Questions", "dns.count.answers": "Answers", "dns.count.auth_rr": "Authority records", "dns.count.add_rr": "Additional records",
		"dns.qry.name": "Question/Name", "dns.resp.ttl": "Answer/TTL|Authority/TTL",
		"dns.a": "*=* A */Data", "dns.aaaa": "*=* AAAA */Data", "dns.cname": "*=* CNAME */Data", "dns.ns": "*=* NS */Data"}),
		"dns.resp.name", "Answer/Name|Authority/Name|Additional/Name", func(show string) string { return strings.Replace(show, "<Root>", ".", 1) }),
		"dns.qry.type", "Question/Type", number(func(n uint64) string { return wiredns.TypeToString[uint16(n)] })),
		"dns.resp.type", "Answer/Type|Authority/Type|Additional/Type", number(func(n uint64) string { return wiredns.TypeToString[uint16(n)] })),
		"dns.resp.class", "Answer/Class|Authority/Class", number(func(n uint64) string { return wiredns.ClassToString[uint16(n)] }))},
	"websocket": {"websocket", 80, false, []string{"websocket.fin"}, as(same(map[string]string{
		"websocket.fin": "FIN", "websocket.opcode": "Opcode", "websocket.mask": "Mask", "websocket.payload_length_ext_16": "Length", "websocket.masking_key": "Masking key", "websocket.payload.text": "Payload",
		"websocket.payload.close.status_code": "Close code", "websocket.payload.close.reason": "Reason"}),
		"websocket.payload_length", "Length", func(show string) string {
			if show == "126" { // the length follows
				return nothing
			}
			return show
		})},
	"cbor": {"cbor", 9999, false, nil, as(as(as(as(same(map[string]string{
		"cbor.type.uint": "*:unsigned", "cbor.type.textstring": "*:text|*:key", "cbor.type.bytestring": "*:bytes", "cbor.type.float16": "*:half float", "cbor.type.float32": "*:float", "cbor.type.float64": "*:double"}),
		"cbor.type.nint", "*:negative", func(show string) string {
			if n, err := strconv.ParseInt(show, 10, 64); err == nil && n >= 0 { // as it is encoded
				return strconv.FormatInt(-1-n, 10)
			}
			return show
		}),
		"cbor.type.simple_data", "*=true|*=false|*=null", number(func(n uint64) string { return map[uint64]string{20: "false", 21: "true", 22: "null"}[n] })),
		"cbor.item.items", "*=* element*", number(func(n uint64) string { return plural(int(n), "element") })),
		"cbor.item.pairs", "*=* pair*", number(func(n uint64) string { return plural(int(n), "pair") }))},
	"msgpack": {"msgpack", 9999, false, nil, as(as(same(map[string]string{
		"msgpack.string": "*:string", "msgpack.float": "*:float *", "msgpack.integer.u8": "*:integer", "msgpack.integer.64": "*:integer"}),
		"msgpack.integer.8", "*:integer", number(func(n uint64) string { return strconv.Itoa(int(int8(n))) })), // tshark shows it without sign
		"msgpack.boolean", "*:boolean", number(func(n uint64) string { return strconv.FormatBool(n == 1) }))},
	"json": {"json", 9999, false, nil, same(map[string]string{
		"json.value.number": "*:number", "json.value.string": "*:string", "json.value.true": "*=true", "json.value.false": "*=false", "json.value.null": "*=null"})},
	"protobuf": {"protobuf", 9999, false, nil, as(same(map[string]string{"protobuf.field.value.uint32": "Field *", "protobuf.field.value.uint64": "Field *"}), "protobuf.field.number", "Field *", func(string) string { return nothing })},
}

// modbusFields are the fields of a PDU, which both kinds of Modbus have.
func modbusFields(head map[string]string) map[string]counterpart {
	maps.Copy(head, map[string]string{
		"modbus.reference_num": "Starting address", "modbus.bit_cnt": "Quantity", "modbus.word_cnt": "Quantity", "modbus.byte_cnt": "Byte count", "modbus.exception_code": "Exception code"})
	fields := same(head)
	fields["modbus.func_code"] = counterpart{ours: "Function code", whole: true}
	return fields
}
