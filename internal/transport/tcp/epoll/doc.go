// Package epoll serves plain TCP listeners on Linux with one goroutine for all their
// peers (epoll(7)). Whatever would have to wait it hands over to transport's
// StreamConn. On other systems it serves nothing.
package epoll
