using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;

namespace TunnelRpc.Lab;

/// <summary>A real proxy on a free loopback port, with a directory of its own; ended by its process id.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProxyProcess : IAsyncDisposable
{
    private const int Starts = 5;
    private static readonly TimeSpan ListenTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _directory;

    private ProxyProcess(ProxyProgram program, int upstream, int port)
    {
        Port = port;
        _directory = Directory.CreateTempSubdirectory("tunnelrpc-lab-").FullName;
        // Squid leaves root's rights: its own user must be able to write here.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        File.WriteAllText(Path.Combine(_directory, "passwords"), "ann:" + BasicHash + "\n");
        string configuration = Path.Combine(_directory, program.Configuration);
        File.WriteAllText(configuration, Fill(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "proxies", program.Configuration))));
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program.Executable, Fill(program.Arguments).Replace("{{configuration}}", configuration, StringComparison.Ordinal))
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = _directory,
            },
        };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);

        string Fill(string text) => text
            .Replace("{{port}}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{upstream}}", upstream.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{directory}}", _directory, StringComparison.Ordinal);
    }

    /// <summary>"secret", as htpasswd writes it.</summary>
    private static string BasicHash => "$apr1$tunnelrp$qVt.326X3XkRBSa2T0HOH0";

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the program before a server on <paramref name="upstream"/> and waits until it listens.</summary>
    public static async Task<ProxyProcess> StartAsync(ProxyProgram program, int upstream)
    {
        if (!File.Exists(program.Executable))
        {
            throw new InvalidOperationException($"The lab needs {program.Executable}: apt-get install {program.Package}.");
        }

        for (int start = 1; ; start++)
        {
            var proxy = new ProxyProcess(program, upstream, FreePort());
            proxy._process.Start();
            proxy._process.BeginErrorReadLine();
            proxy._process.BeginOutputReadLine();
            if (await proxy.ListensAsync())
            {
                return proxy;
            }

            // Somebody else took the port between our look and its bind.
            string output = proxy.Output;
            await proxy.DisposeAsync();
            if (start == Starts)
            {
                throw new InvalidOperationException($"{program.Executable} did not listen in {Starts} tries. It said: {output}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        using var timeout = new CancellationTokenSource(ListenTimeout);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (!_process.HasExited)
            {
                try
                {
                    using var probe = new TcpClient();
                    await probe.ConnectAsync(IPAddress.Loopback, Port, timeout.Token);
                    return true;
                }
                catch (SocketException)
                {
                    await tick.WaitForNextTickAsync(timeout.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            Append($"(not listening after {ListenTimeout})");
        }

        return false;
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
