using System.Globalization;

namespace TunnelRpc.Load.Running;

/// <summary>The TCP counters of the machine. They are available only on Linux.</summary>
internal static class TcpCounters
{
    private const string File = "/proc/net/snmp";

    /// <summary>
    /// The number of segments that all programs have sent. Both ends of a loopback connection are included. 0 if the counters are not
    /// available.
    /// </summary>
    public static long SegmentsSent
    {
        get
        {
            if (!System.IO.File.Exists(File))
            {
                return 0;
            }

            IEnumerable<string> tcp = System.IO.File.ReadLines(File).Where(l => l.StartsWith("Tcp:", StringComparison.Ordinal));
            string[][] lines = [.. tcp.Select(l => l.Split(' '))];
            int column = Array.IndexOf(lines[0], "OutSegs");
            return long.Parse(lines[1][column], CultureInfo.InvariantCulture);
        }
    }
}
