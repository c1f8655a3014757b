using System.Globalization;
using TunnelRpc.Gateway.Load;

// Without arguments: measures, with this program as its own child processes.
return args switch
{
    ["--app"] => await Roles.RunAppAsync(),
    ["--relay"] => await Roles.RunRelayAsync(),
    ["--origin", var relay, var app, var count] =>
        await Roles.RunOriginsAsync(new Uri(relay), new Uri(app), int.Parse(count, CultureInfo.InvariantCulture)),
    [] => await Measures.RunAsync(TimeSpan.FromSeconds(5)),
    ["--seconds", var seconds] => await Measures.RunAsync(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Expected no arguments, or --seconds N for the length of each measurement (5).");
    return 2;
}
