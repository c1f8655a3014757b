using TunnelRpc.Load.Running;

return await new LoadCommand().InvokeAsync(args);
