using TunnelRpc.Load.Clients;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

// The program's own children come past the command line's parser, so that it is no part of how long they take to start.
return args switch
{
    ["--serve", var system] => await ServerProgram.RunAsync(system),
    ["--client", var system, var port, var seconds] => await ClientProgram.RunAsync(system, port, seconds),
    _ => await new LoadCommand().InvokeAsync(args),
};
