package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"sockeye"
	"sockeye/internal/pcapng"
)

// What a compressed file may become. A file that needs more can be unpacked by
// hand, which sets no limit but the disk: nothing is held in memory here.
const (
	maxUnpacked  = 1 << 30
	maxRatio     = 100
	freeOfRatio  = 16 << 20 // so much may come of any file: short ones of one repeated poll pack better than most
	maxZstdFrame = 32 << 20 // bytes that a zstd frame may refer back to, which are held in memory
)

// compressions are the ways a capture may be packed that Wireshark opens.
var compressions = []struct {
	magic, name, unpack string
	open                func(io.Reader) (io.Reader, error)
	whole               sockeye.Text // what of a file that is cut off can be unpacked
}{
	{"\x1f\x8b", "gzip", "gzip -dk FILE", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, sockeye.Text{}},
	{"\x28\xb5\x2f\xfd", "zstd", "zstd -dk FILE", openZstd, sockeye.Text{
		En: " (zstd packs blocks of up to 128 KiB, and only whole ones can be unpacked)", Zh: "（zstd 以不超过 128 KiB 的块压缩，只有完整的块才能解压）"}},
}

// openZstd decodes in the reader's own goroutine, so nothing is left behind when
// a file is not read to its end.
func openZstd(r io.Reader) (io.Reader, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdFrame), zstd.WithDecoderMaxMemory(maxUnpacked))
}

// unpacked is r as it is, or what it holds if it is compressed, told by its first
// bytes as Wireshark does; by is nil for one that is not. What is unpacked is buffered in as
// many bytes as r has for a buffer.
func unpacked(r *bufio.Reader) (plain *bufio.Reader, by *unpacking, err error) {
	for _, c := range compressions {
		head, _ := r.Peek(len(c.magic))
		if !bytes.Equal(head, []byte(c.magic)) {
			continue
		}
		u := &unpacking{name: c.name, unpack: c.unpack, whole: c.whole, packed: &counted{r: r}}
		if u.r, err = c.open(bufio.NewReader(u.packed)); err != nil {
			return nil, nil, u.failed(err)
		}
		return bufio.NewReaderSize(u, r.Size()), u, nil
	}
	return r, nil, nil
}

// What may be remembered of what a compressed file names, such as peers: so many, and
// more only for so many bytes of the file each. A session's peer takes more in memory
// than a packed event that names it.
const (
	freeNames    = 1 << 14
	bytesPerName = 256
)

// Unpacked is what a compressed file holds. What ends it early, a cut or damage in the
// compression, is told to Damaged, and then it is at its end: what came before counts.
type Unpacked struct {
	Damaged func(pcapng.Damage) // may be nil
	r       *bufio.Reader
	read    int64
	by      *unpacking
}

// Names says that n things are remembered of the file. The error says that its size
// does not allow for so many.
func (u *Unpacked) Names(n int) error {
	if int64(n) <= freeNames+u.by.packed.n/bytesPerName {
		return nil
	}
	return u.by.tooMuch(sockeye.Text{En: fmt.Sprintf("it names more than %d sessions and peers, too many for its size", n-1), Zh: fmt.Sprintf("其中的会话与连接对象超过 %d 个，与文件大小不符", n-1)})
}

// Unpack looks at the beginning of r: nil means that it is not compressed, and is to be
// read from its beginning. The error is an *sockeye.Error.
func Unpack(r io.Reader) (*Unpacked, error) {
	var head [4]byte
	n, _ := io.ReadFull(r, head[:]) // an error comes again
	if !isPacked(head[:n]) {
		return nil, nil
	}
	plain, by, err := unpacked(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head[:n]), r), bufferSize))
	if err != nil || by == nil {
		return nil, err
	}
	return &Unpacked{r: plain, by: by}, nil
}

// isPacked says whether a file that begins so is compressed.
func isPacked(head []byte) bool {
	for _, c := range compressions {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return true
		}
	}
	return false
}

// Read reads what was packed. It fails where the file is damaged, or becomes too large.
func (u *Unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.read += int64(n)
	if err == nil || !packed(err) {
		return n, err
	}
	var bad *damageError
	if err = cutOff(err); !errors.As(err, &bad) {
		return n, err
	}
	d := pcapng.Damage{Offset: u.read, Kind: damaged, What: bad.what}
	if bad.torn {
		d.Kind = pcapng.Torn
	}
	if u.Damaged != nil {
		u.Damaged(d)
	}
	return n, io.EOF
}

// unpacking reads a compressed file within the limits.
type unpacking struct {
	name, unpack string
	whole        sockeye.Text
	packed       *counted
	r            io.Reader
	out          int64
	err          error
}

func (u *unpacking) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	u.out += int64(n)
	switch {
	case u.out > maxUnpacked:
		n, err = 0, u.tooMuch(sockeye.Text{En: fmt.Sprintf("it unpacks to more than %d MiB", maxUnpacked>>20), Zh: fmt.Sprintf("解压后超过 %d MiB", maxUnpacked>>20)})
	case u.out > freeOfRatio && u.out > maxRatio*u.packed.n:
		n, err = 0, u.tooMuch(sockeye.Text{En: fmt.Sprintf("it unpacks to more than %d times its size", maxRatio), Zh: fmt.Sprintf("解压后超过原大小的 %d 倍", maxRatio)})
	case err != nil && !errors.Is(err, io.EOF):
		err = u.failed(err)
	}
	u.err = err
	return n, err
}

// failed says what is wrong with the compressed file.
func (u *unpacking) failed(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Err: io.ErrUnexpectedEOF,
			Message: sockeye.Text{En: "the " + u.name + " file is cut off" + u.whole.En, Zh: u.name + " 文件不完整" + u.whole.Zh},
			Hint:    sockeye.Text{En: "get the file again, or the program that made it to end it", Zh: "请重新获取该文件，或让生成它的程序正常结束写入"}}
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return u.tooMuch(sockeye.Text{En: fmt.Sprintf("unpacking needs more than %d MiB of memory", maxZstdFrame>>20), Zh: fmt.Sprintf("解压需要超过 %d MiB 的内存", maxZstdFrame>>20)})
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Err: err,
		Message: sockeye.Text{En: "the " + u.name + " file is damaged: " + err.Error(), Zh: u.name + " 文件已损坏：" + err.Error()}}
}

func (u *unpacking) tooMuch(why sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Message: why,
		Hint: sockeye.Text{En: "if that is what it should be, unpack it first: " + u.unpack, Zh: "若确实如此，请先自行解压：" + u.unpack}}
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
