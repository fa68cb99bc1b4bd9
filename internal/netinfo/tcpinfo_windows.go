package netinfo

import (
	"golang.org/x/sys/windows"

	"sockeye"
)

// sioTCPInfo asks a socket for a TCP_INFO (mstcpip.h), since Windows 10 version 1703.
const sioTCPInfo = 0xd8000027

// FillTCP adds to st what Windows knows of a TCP socket.
func FillTCP(st *sockeye.PeerStatus, fd int) {
	b, version := make([]byte, sioTCPInfoSize), make([]byte, 4)
	var got uint32
	if windows.WSAIoctl(windows.Handle(fd), sioTCPInfo, &version[0], uint32(len(version)), &b[0], uint32(len(b)), &got, nil, 0) == nil && got >= sioTCPInfoSize {
		st.TCP = parseSIOTCPInfo(b)
	}
}
