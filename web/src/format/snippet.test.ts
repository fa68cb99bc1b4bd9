import { expect, test } from 'vitest';
import { asC, asCurl, asNc, asPython } from './snippet';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const tcp = { network: 'tcp', address: '127.0.0.1:80' };

test('C has twelve bytes a line', () => {
  expect(asC(bytes('Hi'))).toBe('static const unsigned char data[2] = {\n  0x48, 0x69,\n};\n');
  expect(asC(new Uint8Array(13)).split('\n').length).toBe(5);
});

test('Python has escapes where they are needed', () => {
  expect(asPython(bytes("a\\b\r\n\0\xff"))).toBe("data = b'a\\\\b\\r\\n\\x00\\xff'\n");
  expect(asPython(bytes("it's"))).toBe('data = b"it\'s"\n');
  expect(asPython(bytes(`"it's"`))).toBe(`data = b'"it\\'s"'\n`);
});

test('nc gets the bytes from printf', () => {
  expect(asNc(bytes("50% 'x'\0"), tcp)).toBe("printf '50%% \\047x\\047\\000' | nc -w 1 127.0.0.1 80\n");
  expect(asNc(bytes('a'), { network: 'udp', address: '[::1]:9' })).toBe("printf 'a' | nc -w 1 -u ::1 9\n");
  expect(asNc(bytes('a'), { network: 'unix', address: "/tmp/it's" })).toBe("printf 'a' | nc -w 1 -U '/tmp/it'\\''s'\n");
  expect(asNc(bytes('a'), { network: 'serial', address: '/dev/ttyUSB0' })).toBeUndefined();
  expect(asNc(bytes('a'), { network: 'tls', address: '127.0.0.1:443' })).toBeUndefined();
  expect(asNc(bytes('-1-'), tcp)).toBe("printf '\\0551-' | nc -w 1 127.0.0.1 80\n"); // no option of printf
});

test('curl sends an HTTP request as one, and other bytes as they are', () => {
  expect(asCurl(bytes('POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'), tcp)).toBe("printf 'hi' | curl -g -i -X POST -H 'Host: x' 'http://127.0.0.1:80/a?b=1' --data-binary @-\n");
  expect(asCurl(bytes('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), tcp)).toBe("curl -g -i -X GET -H 'Host: x' http://127.0.0.1:80/\n");
  expect(asCurl(bytes('PING\r\n'), tcp)).toBe("printf 'PING\\r\\n' | curl -s -m 2 telnet://127.0.0.1:80\n");
  expect(asCurl(bytes('PING'), { network: 'tcp', address: '[::1]:80' })).toBe("printf 'PING' | curl -s -m 2 'telnet://[::1]:80'\n");
  expect(asCurl(bytes('a'), { network: 'udp', address: '127.0.0.1:9' })).toBeUndefined();
});

test('curl is told of TLS, and has no way there for other bytes', () => {
  const tls = { network: 'tls', address: '127.0.0.1:443' };
  expect(asCurl(bytes('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), tls)).toBe("curl -g -i -X GET -H 'Host: x' https://127.0.0.1:443/\n");
  expect(asCurl(bytes('PING\r\n'), tls)).toBeUndefined();
});

test('a peer does not make curl read a file', () => {
  expect(asCurl(bytes('GET / HTTP/1.1\r\n@/etc/passwd\r\n\r\n'), tcp)).not.toContain('-H');
});
