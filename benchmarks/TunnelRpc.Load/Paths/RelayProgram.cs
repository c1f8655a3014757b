using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Paths;

/// <summary>The relay in a child process. It prints a port for each port of a server, and ends when its input closes.</summary>
internal static class RelayProgram
{
    public static async Task<int> RunAsync(PathSettings settings, IEnumerable<int> ports)
    {
        ParentInput parent = ParentInput.Open();
        PathRelay[] relays = [.. ports.Select(port => new PathRelay(settings, port))];
        Console.WriteLine(string.Join(' ', relays.Select(relay => relay.Port)));
        ParentInput.IgnoreInterrupts();
        await foreach (string line in parent.Lines)
        {
            // There are no commands.
        }

        foreach (PathRelay relay in relays)
        {
            relay.Dispose();
        }

        return 0;
    }
}
