using TunnelRpc.Chaos.Hosting;

namespace TunnelRpc.Chaos;

/// <summary>The server as a process of its own, for tests that kill it; the tests themselves are run by dotnet test.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => ServerProgram.RunAsync(arguments);
}
