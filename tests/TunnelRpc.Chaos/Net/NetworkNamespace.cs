using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace TunnelRpc.Chaos.Net;

/// <summary>A network namespace that a veth pair connects to this machine's network. Disposal removes both.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly string _name;
    private readonly string _hostInterface;
    private readonly string _namespaceInterface;

    private NetworkNamespace(int number)
    {
        string id = number.ToString("x4", CultureInfo.InvariantCulture);
        _name = $"tunnelrpc-{id}";
        _hostInterface = $"trpc-{id}a";
        _namespaceInterface = $"trpc-{id}b";

        // Addresses of a range for documentation (RFC 5737), which no real network uses.
        HostAddress = IPAddress.Parse($"198.51.100.{(number % 60 * 4) + 1}");
        NamespaceAddress = IPAddress.Parse($"198.51.100.{(number % 60 * 4) + 2}");
    }

    /// <summary>The address of this machine's end of the veth pair.</summary>
    public IPAddress HostAddress { get; }

    /// <summary>The address of the end inside the namespace.</summary>
    public IPAddress NamespaceAddress { get; }

    /// <summary>The command prefix that runs a command inside the namespace.</summary>
    public string[] CommandPrefix => ["ip", "netns", "exec", _name];

    /// <summary>Returns the reason for which this machine does not support network namespaces; null when it does.</summary>
    public static string? FindUnsupportedReason()
    {
        try
        {
            string name = $"tunnelrpc-probe-{Environment.ProcessId}";
            string? obstacle = Run("ip", "netns", "add", name) ?? Run("ip", "-n", name, "link", "add", "type", "veth");
            _ = Run("ip", "netns", "del", name);
            return obstacle is null ? null : $"This machine does not allow the test to create network namespaces: {obstacle}";
        }
        catch (Exception missing) when (missing is System.ComponentModel.Win32Exception or PlatformNotSupportedException)
        {
            return $"The test needs Linux and the program ip (apt-get install iproute2): {missing.Message}";
        }
    }

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var created = new NetworkNamespace(Environment.ProcessId % 0xffff);
        try
        {
            await created.SetUpAsync();
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Sets the link down or up, at the end inside the namespace: while the end on this machine is down, this machine would send packets
    /// for the namespace by its default route.
    /// </summary>
    public Task SetLinkAsync(bool up) => RunAsync("ip", "-n", _name, "link", "set", _namespaceInterface, up ? "up" : "down");

    public async ValueTask DisposeAsync()
    {
        // The interface or the namespace does not exist if its creation failed.
        await Task.Run(() => Run("ip", "link", "del", _hostInterface));
        await Task.Run(() => Run("ip", "netns", "del", _name));
    }

    private async Task SetUpAsync()
    {
        await RunAsync("ip", "netns", "add", _name);
        await RunAsync("ip", "link", "add", _hostInterface, "type", "veth", "peer", "name", _namespaceInterface, "netns", _name);
        await RunAsync("ip", "addr", "add", $"{HostAddress}/30", "dev", _hostInterface);
        await RunAsync("ip", "-n", _name, "addr", "add", $"{NamespaceAddress}/30", "dev", _namespaceInterface);
        await RunAsync("ip", "-n", _name, "link", "set", "lo", "up");
        await RunAsync("ip", "-n", _name, "link", "set", _namespaceInterface, "up");
        await RunAsync("ip", "link", "set", _hostInterface, "up");
    }

    private static Task RunAsync(params string[] command) => Task.Run(() =>
    {
        if (Run(command) is { } failure)
        {
            throw new InvalidOperationException(failure);
        }
    });

    private static string? Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"\"{string.Join(' ', command)}\" failed: {error.Trim()}";
    }
}
