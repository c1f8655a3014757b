using System.Globalization;

namespace TunnelRpc.Load.Running;

/// <summary>What the machine counts of TCP, where it tells.</summary>
internal static class TcpCounters
{
    private const string File = "/proc/net/snmp";

    /// <summary>Segments sent by all programs, both ends of what stays on this machine among them; 0 where the machine does not tell.</summary>
    public static long SegmentsSent
    {
        get
        {
            if (!System.IO.File.Exists(File))
            {
                return 0;
            }

            string[][] lines = [.. System.IO.File.ReadLines(File).Where(l => l.StartsWith("Tcp:", StringComparison.Ordinal)).Select(l => l.Split(' '))];
            int column = Array.IndexOf(lines[0], "OutSegs");
            return long.Parse(lines[1][column], CultureInfo.InvariantCulture);
        }
    }
}
