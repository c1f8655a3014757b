using TunnelRpc.Simulation;

return await Commands.RunAsync(args).ConfigureAwait(false);
