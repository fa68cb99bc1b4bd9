// The few calls of Arduino's core and its Wi-Fi library that a generated sketch makes, over
// the sockets of this machine. It is for tests: a sketch is compiled with it as the first
// include.
#pragma once
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline unsigned long millis()
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000UL + now.tv_nsec / 1000000;
}
static inline void delay(unsigned long ms) { usleep(ms * 1000); }
#define random(most) (rand() % (long)(most))

struct SerialPort {
    void begin(unsigned long) { setvbuf(stdout, nullptr, _IOLBF, 0); }
    void println(const char *text) { puts(text); }
    __attribute__((format(printf, 2, 3))) void printf(const char *format, ...)
    {
        va_list arguments;
        va_start(arguments, format);
        vprintf(format, arguments);
        va_end(arguments);
    }
};
static SerialPort Serial;

enum { WIFI_STA = 1, WL_CONNECTED = 3 };
struct WiFiStation {
    void mode(int) {}
    void begin(const char *, const char *) { joined = true; }
    int status() { return joined ? WL_CONNECTED : 0; }
    bool joined = false;
};
static WiFiStation WiFi;

static inline int dial(const char *host, uint16_t port, int kind)
{
    struct addrinfo hints = {}, *found;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    hints.ai_socktype = kind;
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, kind, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

class WiFiClient {
public:
    virtual ~WiFiClient() {}
    virtual int connect(const char *host, uint16_t port)
    {
        fd = dial(host, port, SOCK_STREAM);
        return fd >= 0;
    }
    void setNoDelay(bool on)
    {
        int value = on;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
    }
    virtual int available()
    {
        int n = 0;
        return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 ? n : 0;
    }
    virtual bool connected()
    {
        char one;
        if (fd < 0)
            return false;
        ssize_t n = recv(fd, &one, 1, MSG_PEEK | MSG_DONTWAIT);
        return n > 0 || (n < 0 && errno == EAGAIN);
    }
    virtual int read(uint8_t *to, size_t most) { return recv(fd, to, most, 0); }
    virtual size_t write(const uint8_t *from, size_t size) { return send(fd, from, size, MSG_NOSIGNAL); }
    virtual void stop()
    {
        close(fd);
        fd = -1;
    }

protected:
    int fd = -1;
};

class WiFiUDP {
public:
    uint8_t begin(uint16_t) { return 1; }
    int beginPacket(const char *host, uint16_t port)
    {
        if (fd < 0)
            fd = dial(host, port, SOCK_DGRAM);
        return 1;
    }
    size_t write(const uint8_t *from, size_t size) { return send(fd, from, size, 0); }
    int endPacket() { return 1; }
    int parsePacket()
    {
        int n = 0;
        return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 ? n : 0;
    }
    int read(uint8_t *to, size_t most) { return recv(fd, to, most, 0); }

private:
    int fd = -1;
};

void setup();
void loop();
int main()
{
    setup();
    for (;;)
        loop();
}
