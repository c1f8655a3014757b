using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Load;

/// <summary>One system under load: its server in a child process, and one connection to it.</summary>
internal sealed class LoadTarget : IAsyncDisposable
{
    private readonly Process _server;
    private readonly Func<ValueTask> _disconnect;

    private LoadTarget(string system, string transport, Process server, Func<ValueTask<Sample>> call, Func<int, int, Task<Figures>>? callBack, Func<ValueTask> disconnect)
    {
        System = system;
        Transport = transport;
        _server = server;
        Call = call;
        CallBack = callBack;
        _disconnect = disconnect;
    }

    public string System { get; }

    public string Transport { get; }

    public Func<ValueTask<Sample>> Call { get; }

    /// <summary>Makes the server call back; null where there is no such thing.</summary>
    public Func<int, int, Task<Figures>>? CallBack { get; }

    /// <summary>The tunnel's stub; null for other systems.</summary>
    public ILoadService? Service { get; private init; }

    /// <summary>Where the tunnel's server is; null for other systems.</summary>
    public Uri? Address { get; private init; }

    public static async Task<LoadTarget> StartRawAsync()
    {
        (Process server, int port) = StartServer("raw-tcp");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var client = new RawClient(socket);
        Task reading = client.ReadAsync();
        return new LoadTarget("raw-tcp", "tcp", server, () => client.EchoAsync(Sample.One), null, async () =>
        {
            client.Dispose();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
    }

    public static async Task<LoadTarget> StartTunnelAsync(ITransport transport)
    {
        (Process server, int port) = StartServer("tunnelrpc");
        var address = new Uri($"http://127.0.0.1:{port}/tunnel");
        TunnelClient client = await TunnelClient.ConnectAsync(address, options =>
        {
            options.Transports.Clear();
            options.Transports.Add(transport);
            options.Serve<ILoadService>(new LoadService(null));
        });
        ILoadService service = client.Get<ILoadService>();
        return new LoadTarget(
            "tunnelrpc", transport.Name, server, () => service.EchoAsync(Sample.One), (concurrency, milliseconds) => service.CallBackAsync(concurrency, milliseconds), client.DisposeAsync)
        {
            Address = address,
            Service = service,
        };
    }

    /// <summary>Bytes that the server has allocated since it started.</summary>
    public async Task<long> ServerAllocatedAsync()
    {
        await _server.StandardInput.WriteLineAsync();
        return long.Parse(await _server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The server of {System} has ended."), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await _disconnect();
        _server.StandardInput.Close();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    private static (Process Server, int Port) StartServer(string system)
    {
        string program = Environment.ProcessPath!;
        string[] arguments = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [typeof(LoadTarget).Assembly.Location, "--serve", system]
            : ["--serve", system];
        Process server = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"The server of {system} did not start.");
        string port = server.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"The server of {system} ended before it listened.");
        return (server, int.Parse(port, CultureInfo.InvariantCulture));
    }
}
