package regular

// A named pipe is no file in a directory here, and links take a privilege.
const nonblocking, noFollow = 0, 0
