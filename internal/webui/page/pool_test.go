//go:build linux

package page_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// pool holds the browsers that no test uses just now. A test after another has the same
// browser, each with a context of its own: cookies, storage and cache begin empty. Only
// one has it at a time: of several windows of one browser, headless Chromium at times
// draws only some.
var pool struct {
	mu   sync.Mutex
	idle []context.Context
	dir  string // where the profiles are
	n    int    // how many were started
}

// takePage is a page of a browser that is given back when the test is over. After a
// failure the browser is ended instead: it may be what failed.
func takePage(t testing.TB) context.Context {
	t.Helper()
	if tools.why != "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(tools.why)
		}
		t.Skip(tools.why)
	}
	whole := takeBrowser(t)
	page, _ := chromedp.NewContext(whole, chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		if t.Failed() {
			endBrowser(whole)
			return
		}
		if err := chromedp.Cancel(page); err != nil {
			endBrowser(whole)
			return
		}
		pool.mu.Lock()
		defer pool.mu.Unlock()
		pool.idle = append(pool.idle, whole)
	})
	if err := chromedp.Do(page); err != nil {
		t.Fatalf("a window of the browser: %v", err)
	}
	return page
}

func takeBrowser(t testing.TB) context.Context {
	t.Helper()
	pool.mu.Lock()
	if last := len(pool.idle) - 1; last >= 0 {
		defer pool.mu.Unlock()
		whole := pool.idle[last]
		pool.idle = pool.idle[:last]
		return whole
	}
	pool.mu.Unlock()
	return startBrowser(t)
}

// startBrowser starts one with flags besides those that all have.
func startBrowser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	pool.mu.Lock()
	pool.n++
	profile := filepath.Join(pool.dir, fmt.Sprint("profile-", pool.n))
	pool.mu.Unlock()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(tools.chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.WindowSize(1440, 1000), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	whole, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(whole); err != nil {
		t.Fatalf("%s does not start: %v", tools.chromium, err)
	}
	return whole
}

// endBrowser ends a browser and waits, so that its profile can be removed.
func endBrowser(whole context.Context) {
	ctx, end := context.WithTimeout(whole, patience)
	defer end()
	chromedp.Cancel(ctx)
}

// endBrowsers ends those that are there when all tests are over.
func endBrowsers() {
	var all sync.WaitGroup
	for _, whole := range pool.idle {
		all.Go(func() { endBrowser(whole) })
	}
	all.Wait()
}

// sideBySide lets more tests run at once than there are processors, unless told how
// many: most of the time each waits for its page.
func sideBySide() {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		f.Value.Set(strconv.Itoa(max(4, runtime.GOMAXPROCS(0))))
	}
}

// downloads has the page put what it downloads into a directory.
func (p *page) downloads(dir string) {
	p.t.Helper()
	command(p, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
}
