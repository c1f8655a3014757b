using System.Collections.Concurrent;
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
    private const int MaxStartAttempts = 5;
    private const string CaptureScript = "capture.py";
    private const int MinPort = 15_000;
    private const int MaxPort = 32_000;
    private static readonly ConcurrentDictionary<int, bool> UsedPorts = new();
    private static readonly TimeSpan ListenTimeout = TimeSpan.FromSeconds(20);

    // Locked by itself.
    private readonly StringBuilder _output = new();
    private readonly ProxyProgram _program;
    private readonly ProcessStartInfo _start;
    private readonly string _directory;

    // Replaced by KillAsync and RestartAsync, which one caller awaits; null while it is down.
    private Process? _process;

    private ProxyProcess(ProxyProgram program, int upstream, int port, FrontendProtocol front)
    {
        Port = port;
        Address = new Uri($"{(front == FrontendProtocol.Http ? "http" : "https")}://127.0.0.1:{port}");
        _program = program;
        _directory = Directory.CreateTempSubdirectory("tunnelrpc-lab-").FullName;
        // Squid leaves root's rights: its own user must be able to write here.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        Write("passwords", "ann:" + BasicHash + "\n");
        Write("digests", "ann:tunnelrpc lab:" + DigestHash + "\n");
        Write("tls.pem", LabCertificate.ServerPem);
        Write("root.pem", LabCertificate.RootPem);
        Write(program.FileName, Fill(FilterFor(front, ReadTemplate(program.Configuration))));
        Write(CaptureScript, ReadTemplate(CaptureScript));
        string configuration = Path.Combine(_directory, program.FileName);
        _start = new ProcessStartInfo(program.Executable, Fill(program.Arguments).Replace("{{configuration}}", configuration, StringComparison.Ordinal))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = _directory,
        };
        _process = Launch();

        string Fill(string text) => text
            .Replace("{{port}}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{upstream}}", upstream.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{directory}}", _directory, StringComparison.Ordinal);

        void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);
    }

    /// <summary>"secret", as htpasswd writes it.</summary>
    private static string BasicHash => "$apr1$tunnelrp$qVt.326X3XkRBSa2T0HOH0";

    /// <summary>MD5 of "ann:tunnelrpc lab:secret", as htdigest writes it.</summary>
    private static string DigestHash => "5ef7261a2e939cc680a568ed572a7a01";

    public int Port { get; }

    public Uri Address { get; }

    /// <summary>The certificate of the authority that its clients have to trust; null when that is the lab's.</summary>
    public string? Authority => _program.OwnAuthority is null ? null : Path.Combine(_directory, _program.OwnAuthority);

    /// <summary>All that it could read of what passed it, when its configuration has it keep that.</summary>
    public byte[] Captured => File.ReadAllBytes(Path.Combine(_directory, "capture"));

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
    public static async Task<ProxyProcess> StartAsync(ProxyProgram program, int upstream, FrontendProtocol front)
    {
        if (!File.Exists(program.Executable))
        {
            throw new InvalidOperationException($"The lab needs {program.Executable}: apt-get install {program.Package}.");
        }

        for (int start = 1; ; start++)
        {
            var proxy = new ProxyProcess(program, upstream, FreePort(), front);
            if (await proxy.ListensAsync())
            {
                return proxy;
            }

            // Somebody else took the port between our look and its bind.
            string output = proxy.Output;
            await proxy.DisposeAsync();
            if (start == MaxStartAttempts)
            {
                throw new InvalidOperationException($"{program.Executable} did not listen in {MaxStartAttempts} tries. It said: {output}");
            }
        }
    }

    /// <summary>Kills the proxy, with all connections through it.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts the proxy again, on its port, after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        _process = Launch();
        if (!await ListensAsync())
        {
            throw new InvalidOperationException($"{_program.Executable} did not start again. It said: {Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Lines that begin with an at sign and fronts ("@https,http2 ") are for those only.</summary>
    private static string FilterFor(FrontendProtocol front, string template)
    {
        IEnumerable<string> kept = template.Split('\n').Select(line =>
        {
            if (!line.StartsWith('@'))
            {
                return line;
            }

            string[] parts = line[1..].Split(' ', 2);
            return parts[0].Split(',').Contains(front.ToString(), StringComparer.OrdinalIgnoreCase) ? parts[1] : "";
        });
        return string.Join('\n', kept);
    }

    private static string ReadTemplate(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "proxies", name));

    private Process Launch()
    {
        var process = new Process { StartInfo = _start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    private async Task<bool> ListensAsync()
    {
        using var timeout = new CancellationTokenSource(ListenTimeout);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (_process is { HasExited: false })
            {
                try
                {
                    using var probe = new TcpClient();
                    await probe.ConnectAsync(IPAddress.Loopback, Port, timeout.Token);
                    if (Authority is null || File.Exists(Authority))
                    {
                        return true;
                    }

                    await tick.WaitForNextTickAsync(timeout.Token);
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

    /// <summary>
    /// A free port below those that the system gives to outgoing connections, of which this process makes many: one of them
    /// could take it before the proxy does, or answer in its place. No two proxies of this process are given the same.
    /// </summary>
    private static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(MinPort, MaxPort);
            if (UsedPorts.TryAdd(port, true) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
