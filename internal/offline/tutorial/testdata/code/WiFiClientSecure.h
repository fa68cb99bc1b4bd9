// The calls of WiFiClientSecure and Mbed TLS, by OpenSSL; see arduino.h.
#pragma once
#include <openssl/evp.h>
#include <openssl/ssl.h>

struct mbedtls_x509_crt {
    struct {
        unsigned char *p;
        size_t len;
    } pk_raw;
};

class WiFiClientSecure : public WiFiClient {
public:
    void setInsecure() {}
    int connect(const char *host, uint16_t port) override
    {
        static SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        if (!WiFiClient::connect(host, port))
            return 0;
        tls = SSL_new(context);
        SSL_set_fd(tls, fd);
        return SSL_connect(tls) == 1;
    }
    const mbedtls_x509_crt *getPeerCertificate()
    {
        X509 *c = SSL_get1_peer_certificate(tls);
        certificate.pk_raw.p = nullptr;
        certificate.pk_raw.len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c), &certificate.pk_raw.p);
        return &certificate;
    }
    int available() override
    {
        char one;
        return SSL_has_pending(tls) || WiFiClient::available() > 0 ? SSL_peek(tls, &one, 1) : 0;
    }
    bool connected() override { return SSL_has_pending(tls) || WiFiClient::connected(); }
    int read(uint8_t *to, size_t most) override { return SSL_read(tls, to, most); }
    size_t write(const uint8_t *from, size_t size) override { return SSL_write(tls, from, size); }
    void stop() override
    {
        SSL_free(tls);
        WiFiClient::stop();
    }

private:
    SSL *tls = nullptr;
    mbedtls_x509_crt certificate;
};

static inline int mbedtls_sha256(const unsigned char *from, size_t size, unsigned char *to, int)
{
    return EVP_Digest(from, size, to, nullptr, EVP_sha256(), nullptr) == 1 ? 0 : -1;
}
static inline int mbedtls_base64_encode(unsigned char *to, size_t, size_t *length, const unsigned char *from, size_t size)
{
    *length = EVP_EncodeBlock(to, from, size);
    return 0;
}
