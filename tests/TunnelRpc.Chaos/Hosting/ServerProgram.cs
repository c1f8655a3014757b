using System.Globalization;
using System.Net;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>The main method of the server process: runs until standard input ends or the process is killed.</summary>
internal static class ServerProgram
{
    public const string Ready = "listening";

    /// <param name="arguments">The address to listen on, the port and the file of the journal.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            await Console.Error.WriteLineAsync(
                "Expected the arguments ADDRESS PORT JOURNAL. To run the tests, use dotnet test -p:RunChaos=true.");
            return 2;
        }

        var listen = new IPEndPoint(IPAddress.Parse(arguments[0]), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        using var journal = new Journal(arguments[2]);
        await using ChaosServer server = await ChaosServer.StartAsync(journal, listen: listen);
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Input is ignored.
        }

        return 0;
    }
}
