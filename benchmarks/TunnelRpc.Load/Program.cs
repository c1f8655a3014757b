using System.Globalization;
using TunnelRpc.Load.Attacks;
using TunnelRpc.Load.Clients;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

// The child processes of this program bypass the parser of the command line, so that their start time does not include it.
return args switch
{
    ["--serve", var system, .. var ports] => await ServerProgram.RunAsync(
        system, [.. ports.Select(port => int.Parse(port, CultureInfo.InvariantCulture))]),
    ["--client", var system, var port, var seconds] => await ClientProgram.RunAsync(system, port, seconds),
    ["--relay", var roundTrip, var bytesPerSecond, var inFlightBytes, .. var ports] => await RelayProgram.RunAsync(
        PathSettings.FromArguments(roundTrip, bytesPerSecond, inFlightBytes),
        ports.Select(port => int.Parse(port, CultureInfo.InvariantCulture))),
    ["--attack", var attack, var port, var seconds] => await AttackProgram.RunAsync(attack, port, seconds),
    _ => await new LoadCommand().InvokeAsync(args),
};
