package checksum

import (
	"strings"
	"sync"

	"sockeye"
)

// All are the checksums with a name: first those that are no CRC, then CRCs by
// width, the ones met most first. The slice belongs to the package.
func All() []*Algorithm { return catalogue() }

var catalogue = sync.OnceValue(func() []*Algorithm {
	all := sums()
	for _, c := range crcs {
		all = append(all, c.algorithm())
	}
	return all
})

// sums are the checksums that are no CRC.
func sums() []*Algorithm {
	return []*Algorithm{
		{Name: "SUM-8", Key: "sum8", Aliases: []string{"sum", "checksum8", "add8"}, Bits: 8, Check: 0xdd, sum: sumOf(8, false),
			What: sockeye.Text{En: "sum of the bytes", Zh: "字节累加和"}},
		{Name: "SUM-16", Key: "sum16", Aliases: []string{"checksum16", "add16"}, Bits: 16, Check: 0x01dd, sum: sumOf(16, false),
			What: sockeye.Text{En: "sum of the bytes", Zh: "字节累加和"}},
		{Name: "SUM-32", Key: "sum32", Aliases: []string{"checksum32", "add32"}, Bits: 32, Check: 0x01dd, sum: sumOf(32, false),
			What: sockeye.Text{En: "sum of the bytes", Zh: "字节累加和"}},
		{Name: "XOR-8", Key: "xor8", Aliases: []string{"xor", "bcc"}, Bits: 8, Check: 0x31, sum: xor8,
			What: sockeye.Text{En: "exclusive or: BCC, NMEA 0183", Zh: "异或：BCC、NMEA 0183"}},
		{Name: "LRC", Key: "lrc", Aliases: []string{"twos8", "neg8", "sum8neg"}, Bits: 8, Check: 0x23, sum: sumOf(8, true),
			What: sockeye.Text{En: "two's complement of the sum: Modbus ASCII, Intel HEX", Zh: "累加和的补码：Modbus ASCII、Intel HEX"}},
		{Name: "TWOS-16", Key: "twos16", Aliases: []string{"neg16", "sum16neg"}, Bits: 16, Check: 0xfe23, sum: sumOf(16, true),
			What: sockeye.Text{En: "two's complement of the sum", Zh: "累加和的补码"}},
		{Name: "ONES-8", Key: "ones8", Aliases: []string{"sum8inv", "inv8"}, Bits: 8, Check: 0x22, sum: inverted8,
			What: sockeye.Text{En: "inverted sum: servos, S-records", Zh: "累加和取反：舵机、S-record"}},
		{Name: "INTERNET", Key: "inet16", Aliases: []string{"internet", "ip", "rfc1071"}, Bits: 16, Check: 0xf62a, sum: internet,
			What: sockeye.Text{En: "IP, TCP and UDP headers (RFC 1071)", Zh: "IP、TCP、UDP 首部（RFC 1071）"}},
		{Name: "FLETCHER-16", Key: "fletcher16", Aliases: []string{"fletcher"}, Bits: 16, Check: 0x1ede, sum: fletcher16,
			What: sockeye.Text{En: "bytes modulo 255", Zh: "字节模 255"}},
		{Name: "FLETCHER-32", Key: "fletcher32", Bits: 32, Check: 0xdf09d509, sum: fletcher32,
			What: sockeye.Text{En: "16-bit words, low byte first, modulo 65535", Zh: "16 位字（低字节在前）模 65535"}},
		{Name: "ADLER-32", Key: "adler32", Aliases: []string{"adler"}, Bits: 32, Check: 0x091e01de, sum: adlerSum,
			What: sockeye.Text{En: "zlib (RFC 1950)", Zh: "zlib（RFC 1950）"}},
	}
}

// checksumEntry is one CRC of the catalogue. Parameters and check values are those that
// Greg Cook's catalogue of parametrised CRC algorithms publishes.
type checksumEntry struct {
	name    string // the catalogue's
	aliases string // with spaces between
	Parameters
	check  uint64
	en, zh string
}

func (n checksumEntry) algorithm() *Algorithm {
	p := n.Parameters
	return &Algorithm{
		Name: n.name, Key: normal(n.name), Aliases: strings.Fields(n.aliases), Bits: p.Width, Little: p.RefOut,
		Check: n.check, What: sockeye.Text{En: n.en, Zh: n.zh}, CRC: &p, crc: &crcEngine{Parameters: p},
	}
}

const (
	t = true
	f = false
)

var crcs = []checksumEntry{
	{"CRC-8/SMBUS", "crc8", Parameters{8, 0x07, 0x00, f, f, 0x00}, 0xf4, "SMBus; plain CRC-8", "SMBus；最常见的 CRC-8"},
	{"CRC-8/MAXIM-DOW", "crc8maxim crc8dallas crc8onewire dowcrc", Parameters{8, 0x31, 0x00, t, t, 0x00}, 0xa1, "1-Wire, DS18B20", "单总线、DS18B20"},
	{"CRC-8/NRSC-5", "crc8sensirion crc8sht", Parameters{8, 0x31, 0xff, f, f, 0x00}, 0xf7, "Sensirion SHT sensors", "Sensirion SHT 传感器"},
	{"CRC-8/I-432-1", "crc8itu crc8ccitt", Parameters{8, 0x07, 0x00, f, f, 0x55}, 0xa1, "ATM headers", "ATM 信元头"},
	{"CRC-8/ROHC", "", Parameters{8, 0x07, 0xff, t, t, 0x00}, 0xd0, "RFC 3095, GSM 07.10 multiplexer", "RFC 3095、GSM 07.10 复用"},
	{"CRC-8/SAE-J1850", "crc8j1850", Parameters{8, 0x1d, 0xff, f, f, 0xff}, 0x4b, "cars: J1850, AUTOSAR", "汽车：J1850、AUTOSAR"},
	{"CRC-8/AUTOSAR", "crc8h2f", Parameters{8, 0x2f, 0xff, f, f, 0xff}, 0xdf, "cars: AUTOSAR", "汽车：AUTOSAR"},
	{"CRC-8/TECH-3250", "crc8ebu crc8aes", Parameters{8, 0x1d, 0xff, t, t, 0x00}, 0x97, "AES3 audio", "AES3 音频"},
	{"CRC-8/DVB-S2", "crc8crsf", Parameters{8, 0xd5, 0x00, f, f, 0x00}, 0xbc, "DVB-S2, Crossfire, MSP v2", "DVB-S2、CRSF、MSP v2"},
	{"CRC-8/CDMA2000", "", Parameters{8, 0x9b, 0xff, f, f, 0x00}, 0xda, "mobile networks", "移动通信"},
	{"CRC-8/WCDMA", "", Parameters{8, 0x9b, 0x00, t, t, 0x00}, 0x25, "mobile networks", "移动通信"},
	{"CRC-8/LTE", "", Parameters{8, 0x9b, 0x00, f, f, 0x00}, 0xea, "mobile networks", "移动通信"},
	{"CRC-8/GSM-A", "", Parameters{8, 0x1d, 0x00, f, f, 0x00}, 0x37, "mobile networks", "移动通信"},
	{"CRC-8/GSM-B", "", Parameters{8, 0x49, 0x00, f, f, 0xff}, 0x94, "mobile networks", "移动通信"},
	{"CRC-8/DARC", "", Parameters{8, 0x39, 0x00, t, t, 0x00}, 0x15, "radio data", "广播数据"},
	{"CRC-8/I-CODE", "", Parameters{8, 0x1d, 0xfd, f, f, 0x00}, 0x7e, "RFID", "射频识别"},
	{"CRC-8/MIFARE-MAD", "", Parameters{8, 0x1d, 0xc7, f, f, 0x00}, 0x99, "MIFARE directory", "MIFARE 目录"},
	{"CRC-8/HITAG", "", Parameters{8, 0x1d, 0xff, f, f, 0x00}, 0xb4, "RFID", "射频识别"},
	{"CRC-8/OPENSAFETY", "", Parameters{8, 0x2f, 0x00, f, f, 0x00}, 0x3e, "openSAFETY", "openSAFETY"},
	{"CRC-8/BLUETOOTH", "", Parameters{8, 0xa7, 0x00, t, t, 0x00}, 0x26, "Bluetooth headers", "蓝牙包头"},

	{"CRC-10/ATM", "crc10", Parameters{10, 0x233, 0x000, f, f, 0x000}, 0x199, "ATM", "ATM"},
	{"CRC-11/FLEXRAY", "crc11", Parameters{11, 0x385, 0x01a, f, f, 0x000}, 0x5a3, "FlexRay headers", "FlexRay 帧头"},
	{"CRC-12/DECT", "crc12", Parameters{12, 0x80f, 0x000, f, f, 0x000}, 0xf5b, "DECT", "DECT"},
	{"CRC-12/UMTS", "crc123gpp", Parameters{12, 0x80f, 0x000, f, t, 0x000}, 0xdaf, "mobile networks", "移动通信"},
	{"CRC-14/DARC", "crc14", Parameters{14, 0x0805, 0x0000, t, t, 0x0000}, 0x082d, "radio data", "广播数据"},
	{"CRC-15/CAN", "crc15", Parameters{15, 0x4599, 0x0000, f, f, 0x0000}, 0x059e, "CAN bus", "CAN 总线"},
	{"CRC-15/MPT1327", "", Parameters{15, 0x6815, 0x0000, f, f, 0x0001}, 0x2566, "trunked radio", "集群无线电"},

	{"CRC-16/MODBUS", "modbus crc16rtu", Parameters{16, 0x8005, 0xffff, t, t, 0x0000}, 0x4b37, "Modbus RTU", "Modbus RTU"},
	{"CRC-16/IBM-3740", "crc16ccittfalse crc16autosar", Parameters{16, 0x1021, 0xffff, f, f, 0x0000}, 0x29b1, "CCITT as many boards have it", "单片机常用的 CCITT"},
	{"CRC-16/XMODEM", "xmodem crc16acorn crc16lte crc16v41msb zmodem", Parameters{16, 0x1021, 0x0000, f, f, 0x0000}, 0x31c3, "XMODEM, YMODEM, ZMODEM", "XMODEM、YMODEM、ZMODEM"},
	{"CRC-16/KERMIT", "kermit crc16ccitt crc16ccitttrue crc16bluetooth crc16v41lsb", Parameters{16, 0x1021, 0x0000, t, t, 0x0000}, 0x2189, "the CCITT's own", "CCITT 原版"},
	{"CRC-16/ARC", "crc16 crc16ibm crc16lha arc lha", Parameters{16, 0x8005, 0x0000, t, t, 0x0000}, 0xbb3d, "plain CRC-16", "最常见的 CRC-16"},
	{"CRC-16/IBM-SDLC", "x25 crc16x25 crcb crc16isohdlc", Parameters{16, 0x1021, 0xffff, t, t, 0xffff}, 0x906e, "X.25, HDLC, PPP", "X.25、HDLC、PPP"},
	{"CRC-16/USB", "", Parameters{16, 0x8005, 0xffff, t, t, 0xffff}, 0xb4c8, "USB", "USB"},
	{"CRC-16/MAXIM-DOW", "crc16maxim", Parameters{16, 0x8005, 0x0000, t, t, 0xffff}, 0x44c2, "1-Wire", "单总线"},
	{"CRC-16/MCRF4XX", "mavlink", Parameters{16, 0x1021, 0xffff, t, t, 0x0000}, 0x6f91, "MAVLink, RFID", "MAVLink、射频识别"},
	{"CRC-16/SPI-FUJITSU", "crc16augccitt", Parameters{16, 0x1021, 0x1d0f, f, f, 0x0000}, 0xe5cc, "CCITT with another start", "起始值不同的 CCITT"},
	{"CRC-16/GENIBUS", "crc16epc crc16darc crc16icode", Parameters{16, 0x1021, 0xffff, f, f, 0xffff}, 0xd64e, "RFID EPC", "射频识别 EPC"},
	{"CRC-16/GSM", "", Parameters{16, 0x1021, 0x0000, f, f, 0xffff}, 0xce3c, "mobile networks", "移动通信"},
	{"CRC-16/ISO-IEC-14443-3-A", "crca crc16a", Parameters{16, 0x1021, 0xc6c6, t, t, 0x0000}, 0xbf05, "NFC type A", "NFC A 型"},
	{"CRC-16/RIELLO", "", Parameters{16, 0x1021, 0xb2aa, t, t, 0x0000}, 0x63d0, "UPS", "UPS 电源"},
	{"CRC-16/TMS37157", "", Parameters{16, 0x1021, 0x89ec, t, t, 0x0000}, 0x26b1, "RFID", "射频识别"},
	{"CRC-16/DNP", "dnp3", Parameters{16, 0x3d65, 0x0000, t, t, 0xffff}, 0xea82, "DNP3, M-Bus", "DNP3、M-Bus"},
	{"CRC-16/EN-13757", "", Parameters{16, 0x3d65, 0x0000, f, f, 0xffff}, 0xc2b7, "wireless M-Bus", "无线 M-Bus"},
	{"CRC-16/UMTS", "crc16buypass crc16verifone", Parameters{16, 0x8005, 0x0000, f, f, 0x0000}, 0xfee8, "Buypass, mobile networks", "Buypass、移动通信"},
	{"CRC-16/CMS", "", Parameters{16, 0x8005, 0xffff, f, f, 0x0000}, 0xaee7, "CMS", "CMS"},
	{"CRC-16/DDS-110", "", Parameters{16, 0x8005, 0x800d, f, f, 0x0000}, 0x9ecf, "signal generators", "信号发生器"},
	{"CRC-16/PROFIBUS", "crc16iec611582", Parameters{16, 0x1dcf, 0xffff, f, f, 0xffff}, 0xa819, "PROFIBUS", "PROFIBUS"},
	{"CRC-16/DECT-R", "rcrc16", Parameters{16, 0x0589, 0x0000, f, f, 0x0001}, 0x007e, "DECT", "DECT"},
	{"CRC-16/DECT-X", "xcrc16", Parameters{16, 0x0589, 0x0000, f, f, 0x0000}, 0x007f, "DECT", "DECT"},
	{"CRC-16/T10-DIF", "", Parameters{16, 0x8bb7, 0x0000, f, f, 0x0000}, 0xd0db, "disks", "磁盘"},
	{"CRC-16/TELEDISK", "", Parameters{16, 0xa097, 0x0000, f, f, 0x0000}, 0x0fb3, "TeleDisk", "TeleDisk"},
	{"CRC-16/CDMA2000", "", Parameters{16, 0xc867, 0xffff, f, f, 0x0000}, 0x4c06, "mobile networks", "移动通信"},
	{"CRC-16/LJ1200", "", Parameters{16, 0x6f63, 0x0000, f, f, 0x0000}, 0xbdf4, "LJ1200", "LJ1200"},
	{"CRC-16/NRSC-5", "", Parameters{16, 0x080b, 0xffff, t, t, 0x0000}, 0xa066, "radio data", "广播数据"},
	{"CRC-16/OPENSAFETY-A", "", Parameters{16, 0x5935, 0x0000, f, f, 0x0000}, 0x5d38, "openSAFETY", "openSAFETY"},
	{"CRC-16/OPENSAFETY-B", "", Parameters{16, 0x755b, 0x0000, f, f, 0x0000}, 0x20fe, "openSAFETY", "openSAFETY"},
	{"CRC-16/M17", "", Parameters{16, 0x5935, 0xffff, f, f, 0x0000}, 0x772b, "M17 radio", "M17 无线电"},

	{"CRC-17/CAN-FD", "crc17", Parameters{17, 0x1685b, 0x00000, f, f, 0x00000}, 0x04f03, "CAN FD", "CAN FD"},
	{"CRC-21/CAN-FD", "crc21", Parameters{21, 0x102899, 0x000000, f, f, 0x000000}, 0x0ed841, "CAN FD", "CAN FD"},
	{"CRC-24/OPENPGP", "crc24", Parameters{24, 0x864cfb, 0xb704ce, f, f, 0x000000}, 0x21cf02, "OpenPGP", "OpenPGP"},
	{"CRC-24/LTE-A", "crc24q qualcomm rtcm3", Parameters{24, 0x864cfb, 0x000000, f, f, 0x000000}, 0xcde703, "RTCM 3 (CRC-24Q), LTE", "RTCM 3（CRC-24Q）、LTE"},
	{"CRC-24/LTE-B", "", Parameters{24, 0x800063, 0x000000, f, f, 0x000000}, 0x23ef52, "LTE", "LTE"},
	{"CRC-24/BLE", "", Parameters{24, 0x00065b, 0x555555, t, t, 0x000000}, 0xc25a56, "Bluetooth Low Energy", "低功耗蓝牙"},
	{"CRC-24/FLEXRAY-A", "", Parameters{24, 0x5d6dcb, 0xfedcba, f, f, 0x000000}, 0x7979bd, "FlexRay", "FlexRay"},
	{"CRC-24/INTERLAKEN", "", Parameters{24, 0x328b63, 0xffffff, f, f, 0xffffff}, 0xb4f3e6, "Interlaken", "Interlaken"},
	{"CRC-30/CDMA", "crc30", Parameters{30, 0x2030b9c7, 0x3fffffff, f, f, 0x3fffffff}, 0x04c34abf, "mobile networks", "移动通信"},
	{"CRC-31/PHILIPS", "crc31", Parameters{31, 0x04c11db7, 0x7fffffff, f, f, 0x7fffffff}, 0x0ce9e46c, "Philips", "飞利浦"},

	{"CRC-32/ISO-HDLC", "crc32 crc32ieee crc32zip crc32ethernet pkzip", Parameters{32, 0x04c11db7, 0xffffffff, t, t, 0xffffffff}, 0xcbf43926, "Ethernet, zip, PNG, zlib", "以太网、zip、PNG、zlib"},
	{"CRC-32/MPEG-2", "crc32stm32 crc32mpeg", Parameters{32, 0x04c11db7, 0xffffffff, f, f, 0x00000000}, 0x0376e6e7, "MPEG-2, the CRC unit of STM32", "MPEG-2、STM32 的 CRC 外设"},
	{"CRC-32/ISCSI", "crc32c castagnoli", Parameters{32, 0x1edc6f41, 0xffffffff, t, t, 0xffffffff}, 0xe3069283, "iSCSI, SCTP, ext4 (CRC-32C)", "iSCSI、SCTP、ext4（CRC-32C）"},
	{"CRC-32/BZIP2", "crc32aal5 crc32dectb", Parameters{32, 0x04c11db7, 0xffffffff, f, f, 0xffffffff}, 0xfc891918, "bzip2", "bzip2"},
	{"CRC-32/CKSUM", "crc32posix cksum", Parameters{32, 0x04c11db7, 0x00000000, f, f, 0xffffffff}, 0x765e7680, "POSIX cksum, without its length", "POSIX cksum（不含长度）"},
	{"CRC-32/JAMCRC", "jamcrc", Parameters{32, 0x04c11db7, 0xffffffff, t, t, 0x00000000}, 0x340bc6d9, "CRC-32 not inverted", "不取反的 CRC-32"},
	{"CRC-32/BASE91-D", "crc32d", Parameters{32, 0xa833982b, 0xffffffff, t, t, 0xffffffff}, 0x87315576, "CRC-32D", "CRC-32D"},
	{"CRC-32/AIXM", "crc32q", Parameters{32, 0x814141ab, 0x00000000, f, f, 0x00000000}, 0x3010bf7f, "aviation (CRC-32Q)", "航空（CRC-32Q）"},
	{"CRC-32/AUTOSAR", "", Parameters{32, 0xf4acfb13, 0xffffffff, t, t, 0xffffffff}, 0x1697d06a, "cars: AUTOSAR", "汽车：AUTOSAR"},
	{"CRC-32/CD-ROM-EDC", "", Parameters{32, 0x8001801b, 0x00000000, t, t, 0x00000000}, 0x6ec2edc4, "CD-ROM", "CD-ROM"},
	{"CRC-32/MEF", "", Parameters{32, 0x741b8cd7, 0xffffffff, t, t, 0x00000000}, 0xd2c22f51, "Koopman's polynomial", "Koopman 多项式"},
	{"CRC-32/XFER", "", Parameters{32, 0x000000af, 0x00000000, f, f, 0x00000000}, 0xbd0be338, "XFER", "XFER"},

	{"CRC-40/GSM", "crc40", Parameters{40, 0x0004820009, 0x0000000000, f, f, 0xffffffffff}, 0xd4164fc646, "mobile networks", "移动通信"},
	{"CRC-64/ECMA-182", "crc64 crc64ecma", Parameters{64, 0x42f0e1eba9ea3693, 0, f, f, 0}, 0x6c40df5f0b497347, "ECMA-182", "ECMA-182"},
	{"CRC-64/XZ", "crc64goecma", Parameters{64, 0x42f0e1eba9ea3693, ^uint64(0), t, t, ^uint64(0)}, 0x995dc9bbdf1939fa, "xz", "xz"},
	{"CRC-64/GO-ISO", "crc64iso", Parameters{64, 0x000000000000001b, ^uint64(0), t, t, ^uint64(0)}, 0xb90956c775a41001, "ISO 3309", "ISO 3309"},
	{"CRC-64/NVME", "crc64rocksoft", Parameters{64, 0xad93d23594c93659, ^uint64(0), t, t, ^uint64(0)}, 0xae8b14860a799888, "NVMe", "NVMe"},
	{"CRC-64/REDIS", "crc64jones", Parameters{64, 0xad93d23594c935a9, 0, t, t, 0}, 0xe9c6d914c4b8d9ca, "Redis", "Redis"},
	{"CRC-64/WE", "", Parameters{64, 0x42f0e1eba9ea3693, ^uint64(0), f, f, ^uint64(0)}, 0x62ec59e3f1a4f00a, "WE", "WE"},
	{"CRC-64/MS", "", Parameters{64, 0x259c84cba6426349, ^uint64(0), t, t, 0}, 0x75d4b74f024eceea, "MS", "MS"},
}
