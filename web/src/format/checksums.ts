/** The checksums that the core can append, by the names that it knows them by. */
export const checksums: readonly string[] = ['sum8', 'xor8', 'crc-8', 'crc-16/modbus', 'crc-16/ccitt', 'crc-32'];
