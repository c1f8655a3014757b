using System.Globalization;
using System.Net;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>The server as a program: runs until its standard input ends, or until it is killed.</summary>
internal static class ServerProgram
{
    public const string Ready = "listening";

    /// <param name="arguments">The address to listen on, the port, the journal, and optionally the resume window in milliseconds.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            await Console.Error.WriteLineAsync("Expected: ADDRESS PORT JOURNAL. The tests are run by dotnet test -p:RunChaos=true.");
            return 2;
        }

        var listen = new IPEndPoint(IPAddress.Parse(arguments[0]), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        using var journal = new Journal(arguments[2]);
        await using ChaosServer server = await ChaosServer.StartAsync(journal, listen: listen);
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Nothing is asked of it.
        }

        return 0;
    }
}
