using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;

namespace TunnelRpc.Lab;

/// <summary>A real proxy on a free loopback port, with its own directory. It is killed by its process id.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProxyProcess : IAsyncDisposable
{
    private const int MaxStartAttempts = 5;
    private const string CaptureScript = "capture.py";
    private const int MinPort = 15_000;
    private const int MaxPort = 32_000;
    private static readonly ConcurrentDictionary<int, bool> UsedPorts = new();
    private static readonly TimeSpan ListenTimeout = TimeSpan.FromSeconds(20);

    // Guarded by a lock on itself.
    private readonly StringBuilder _output = new();
    private readonly ProxyProgram _program;
    private readonly ProcessStartInfo _start;
    private readonly string _directory;

    // Replaced by KillAsync and RestartAsync, which must not run concurrently; null while the proxy is down.
    private Process? _process;

    private ProxyProcess(ProxyProgram program, IReadOnlyList<int> upstreams, int port, FrontendProtocol frontend)
    {
        Port = port;
        Address = new Uri($"{(frontend == FrontendProtocol.Http ? "http" : "https")}://127.0.0.1:{port}");
        _program = program;
        _directory = Directory.CreateTempSubdirectory("tunnelrpc-lab-").FullName;
        // Squid drops root privileges, and its user must be able to write to the directory.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        Write("passwords", "ann:" + BasicHash + "\n");
        Write("digests", "ann:tunnelrpc lab:" + DigestHash + "\n");
        Write("tls.pem", LabCertificate.ServerPem);
        Write("root.pem", LabCertificate.RootPem);
        Write(program.FileName, Fill(FilterFor(frontend, ReadTemplate(program.Configuration))));
        Write(CaptureScript, ReadTemplate(CaptureScript));
        string configuration = Path.Combine(_directory, program.FileName);
        _start = new ProcessStartInfo(
            program.Executable, Fill(program.Arguments).Replace("{{configuration}}", configuration, StringComparison.Ordinal))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = _directory,
        };
        _process = Launch();

        string Fill(string text) => text
            .Replace("{{port}}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{upstream}}", upstreams[0].ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{upstream2}}", upstreams[^1].ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{{directory}}", _directory, StringComparison.Ordinal);

        void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);
    }

    /// <summary>The password "secret" as htpasswd writes it.</summary>
    private static string BasicHash => "$apr1$tunnelrp$qVt.326X3XkRBSa2T0HOH0";

    /// <summary>The MD5 hash of "ann:tunnelrpc lab:secret", as htdigest writes it.</summary>
    private static string DigestHash => "5ef7261a2e939cc680a568ed572a7a01";

    public int Port { get; }

    public Uri Address { get; }

    /// <summary>The file with the certificate of the authority that clients must trust; null if that is the lab's authority.</summary>
    public string? Authority => _program.OwnAuthority is null ? null : Path.Combine(_directory, _program.OwnAuthority);

    /// <summary>All bytes that the proxy could read, if its configuration uses capture.py.</summary>
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

    /// <summary>Starts the program with the ports of the servers and waits until it listens.</summary>
    public static async Task<ProxyProcess> StartAsync(ProxyProgram program, IReadOnlyList<int> upstreams, FrontendProtocol frontend)
    {
        if (!File.Exists(program.Executable))
        {
            throw new InvalidOperationException($"The lab needs {program.Executable}: apt-get install {program.Package}.");
        }

        for (int start = 1; ; start++)
        {
            var proxy = new ProxyProcess(program, upstreams, FreePort(), frontend);
            if (await proxy.ListensAsync())
            {
                return proxy;
            }

            // Another process took the port after FreePort had checked it.
            string output = proxy.Output;
            await proxy.DisposeAsync();
            if (start == MaxStartAttempts)
            {
                throw new InvalidOperationException(
                    $"{program.Executable} did not listen after {MaxStartAttempts} attempts. Its output: {output}");
            }
        }
    }

    /// <summary>Returns the most memory that the running process has had at a time, in bytes (VmHWM of proc(5)).</summary>
    public long GetPeakMemory()
    {
        string line = File.ReadLines($"/proc/{_process!.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>Kills the proxy, which ends all connections through it.</summary>
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

    /// <summary>Starts the proxy again on the same port after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        _process = Launch();
        if (!await ListensAsync())
        {
            throw new InvalidOperationException($"{_program.Executable} did not start again. Its output: {Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Removes the lines for other protocols: a line with a prefix such as "@https,http2 " applies to those only.</summary>
    private static string FilterFor(FrontendProtocol frontend, string template)
    {
        IEnumerable<string> lines = template.Split('\n').Select(line =>
        {
            if (!line.StartsWith('@'))
            {
                return line;
            }

            string[] parts = line[1..].Split(' ', 2);
            return parts[0].Split(',').Contains(frontend.ToString(), StringComparer.OrdinalIgnoreCase) ? parts[1] : "";
        });
        return string.Join('\n', lines);
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
    /// Returns a free port below the ephemeral port range: this process opens many outgoing connections, and one of them could otherwise
    /// take the port before the proxy does. Each port is returned once in this process.
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
