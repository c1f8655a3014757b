using System.Globalization;

namespace TunnelRpc.AspNetCore.Connections;

/// <summary>The file descriptors that this process may open. Stateless.</summary>
internal static class DescriptorLimit
{
    /// <summary>The least number of descriptors that connections leave free.</summary>
    private const int MinReserve = 64;

    /// <summary>Returns the soft limit of the process (RLIMIT_NOFILE); null where the platform does not state it.</summary>
    public static long? Read()
    {
        try
        {
            // "Max open files            1024                 524288               files"
            string? line = File.ReadLines("/proc/self/limits")
                .FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
            string? soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns the number of connections that the process can hold: the limit, less what is open now, less a quarter of the limit for
    /// assemblies, files and outgoing connections. Null where the platform does not state the limit.
    /// </summary>
    public static int? GetMaxConnections()
    {
        if (Read() is not { } limit)
        {
            return null;
        }

        long open = Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount();
        return (int)Math.Clamp(limit - open - Math.Max(MinReserve, limit / 4), 1, int.MaxValue);
    }
}
