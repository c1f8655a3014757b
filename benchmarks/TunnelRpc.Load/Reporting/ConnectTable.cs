using TunnelRpc.Load.Measures;

namespace TunnelRpc.Load.Reporting;

/// <summary>Prints what a first call costs.</summary>
internal static class ConnectTable
{
    public static void Print(IReadOnlyList<ConnectFigures> figures)
    {
        Console.WriteLine();
        Console.WriteLine($"{"path",-48} {"winner",-15} {"plain GET ms",13} {"first call ms",14} {"round trips",12}");
        foreach (ConnectFigures f in figures)
        {
            string trips = f.Path.EndsWith("round trip", StringComparison.Ordinal) ? $"{f.FirstCallMilliseconds / ConnectRun.RoundTripMilliseconds:F1}" : "";
            Console.WriteLine($"{f.Path,-48} {f.Winner,-15} {f.GetMilliseconds,13:F1} {f.FirstCallMilliseconds,14:F1} {trips,12}");
        }
    }
}
