namespace TunnelRpc.Simulation.Workload;

/// <summary>Payload bytes that are a function of their call and index, so that a receiver detects wrong or reordered payloads.</summary>
internal static class Pattern
{
    public static byte[] Make(int call, int index, int size)
    {
        byte[] bytes = new byte[size];
        Fill(bytes, call, index);
        return bytes;
    }

    public static bool Matches(ReadOnlySpan<byte> bytes, int call, int index, int size)
    {
        if (bytes.Length != size)
        {
            return false;
        }

        uint state = Seed(call, index);
        foreach (byte value in bytes)
        {
            if (value != (byte)(state >> 24))
            {
                return false;
            }

            state = (state * 1664525) + 1013904223;
        }

        return true;
    }

    private static void Fill(Span<byte> bytes, int call, int index)
    {
        uint state = Seed(call, index);
        foreach (ref byte value in bytes)
        {
            value = (byte)(state >> 24);
            state = (state * 1664525) + 1013904223;
        }
    }

    private static uint Seed(int call, int index) => ((uint)call * 2654435761) ^ ((uint)index * 40503) ^ 0x5bd1e995;
}
