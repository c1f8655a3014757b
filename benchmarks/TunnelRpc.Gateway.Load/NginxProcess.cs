using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Gateway.Load;

/// <summary>nginx as a reverse proxy with kept connections, for comparison.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private NginxProcess(Process process, DirectoryInfo folder, Uri address)
    {
        _process = process;
        _folder = folder;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Starts nginx.</summary>
    /// <param name="app">The server behind it.</param>
    /// <returns>Null if it is not installed.</returns>
    public static async Task<NginxProcess?> StartAsync(Uri app)
    {
        int port = FindPort();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-load");
        string configuration = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            worker_processes auto;
            pid {{folder.FullName}}/pid;
            error_log stderr error;
            events { worker_connections 4096; }
            http {
                access_log off;
                keepalive_requests 1000000;
                client_body_temp_path {{folder.FullName}}/body;
                proxy_temp_path {{folder.FullName}}/proxy;
                fastcgi_temp_path {{folder.FullName}}/fastcgi;
                uwsgi_temp_path {{folder.FullName}}/uwsgi;
                scgi_temp_path {{folder.FullName}}/scgi;
                upstream app { server {{app.Authority}}; keepalive 256; keepalive_requests 1000000; }
                server {
                    listen 127.0.0.1:{{port}};
                    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
                }
            }
            """);
        Process process;
        try
        {
            process = Process.Start("nginx", ["-p", folder.FullName, "-c", configuration]);
        }
        catch (Win32Exception)
        {
            folder.Delete(recursive: true);
            return null;
        }

        var nginx = new NginxProcess(process, folder, new Uri($"http://127.0.0.1:{port}/"));
        await nginx.WaitAsync();
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        // The master ends its workers on SIGTERM, not when it is killed.
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task WaitAsync()
    {
        while (!_process.HasExited)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(Address.Host, Address.Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }

        throw new InvalidOperationException("Expected nginx to listen, but it has exited.");
    }
}
