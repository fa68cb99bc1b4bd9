package journal

const victimDir = "SOCKEYE_TEST_VICTIM"

func victim(dir string) {}
