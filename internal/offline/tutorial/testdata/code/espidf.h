/* The few calls of ESP-IDF that a generated program makes, over the sockets of this
   machine. It is for tests: the program is compiled with it as the first include. */
#define _GNU_SOURCE
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

typedef const char *esp_event_base_t;
typedef int *EventGroupHandle_t;
typedef void (*esp_event_handler_t)(void *, esp_event_base_t, int32_t, void *);
typedef struct { int unused; } wifi_init_config_t;
typedef union { struct { char ssid[33], password[65]; } sta; } wifi_config_t;

static esp_event_base_t const WIFI_EVENT = "wifi", IP_EVENT = "ip";
enum { WIFI_EVENT_STA_START, WIFI_EVENT_STA_DISCONNECTED, IP_EVENT_STA_GOT_IP, ESP_EVENT_ANY_ID = -1 };
enum { WIFI_MODE_STA = 1, WIFI_IF_STA = 0, BIT0 = 1, pdFALSE = 0, pdTRUE = 1, portMAX_DELAY = -1 };
#define WIFI_INIT_CONFIG_DEFAULT() { 0 }
#define ESP_ERROR_CHECK(call) do { if ((call) != 0) abort(); } while (0)
#define pdMS_TO_TICKS(ms) (ms)

static esp_event_handler_t handlers[2];
static int handler_count, bits;

static inline EventGroupHandle_t xEventGroupCreate(void) { return &bits; }
static inline void xEventGroupSetBits(EventGroupHandle_t group, int set) { *group |= set; }
static inline void xEventGroupClearBits(EventGroupHandle_t group, int clear) { *group &= ~clear; }
static inline int xEventGroupWaitBits(EventGroupHandle_t group, int want, int clear, int all, int ticks)
{
    (void)clear, (void)all, (void)ticks;
    if ((*group & want) != want)
        abort(); /* nobody else would set them */
    return *group;
}
static inline void vTaskDelay(unsigned ms) { usleep(ms * 1000); }
static inline uint32_t esp_random(void) { return (uint32_t)rand(); }

static inline int nvs_flash_init(void) { return 0; }
static inline int esp_netif_init(void) { return 0; }
static inline int esp_event_loop_create_default(void) { return 0; }
static inline void esp_netif_create_default_wifi_sta(void) {}
static inline int esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *argument)
{
    (void)base, (void)id, (void)argument;
    handlers[handler_count++] = handler;
    return 0;
}
static inline int esp_wifi_init(wifi_init_config_t *config) { return config->unused; }
static inline int esp_wifi_set_mode(int mode) { return mode != WIFI_MODE_STA; }
static inline int esp_wifi_set_config(int interface, wifi_config_t *config) { return interface != WIFI_IF_STA || !config->sta.ssid[0]; }
static inline int esp_wifi_connect(void)
{
    handlers[1](NULL, IP_EVENT, IP_EVENT_STA_GOT_IP, NULL);
    return 0;
}
static inline int esp_wifi_start(void)
{
    signal(SIGPIPE, SIG_IGN); /* lwIP has no signals */
    setvbuf(stdout, NULL, _IOLBF, 0);
    handlers[0](NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
    return 0;
}

void app_main(void);
int main(void) { app_main(); }
