using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.SignalR;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Contract;

namespace TunnelRpc.Load.Peers.SignalR;

/// <summary>The measured methods.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "SignalR calls the methods of an instance.")]
public sealed class LoadHub(ConnectedClient client) : Hub
{
    public override Task OnConnectedAsync()
    {
        client.Id = Context.ConnectionId;
        return Task.CompletedTask;
    }

    public PeerSample Echo(PeerSample sample) => sample;

    public IAsyncEnumerable<PeerSample> DownloadItems(int milliseconds) =>
        Items.Of(PeerSample.One, TimeSpan.FromMilliseconds(milliseconds));

    public Task<long> UploadItems(IAsyncEnumerable<PeerSample> items) => Items.CountAsync(items);

    public IAsyncEnumerable<byte[]> Download() => Blocks.Of(Blocks.Count, Blocks.Size);

    public Task<long> Upload(IAsyncEnumerable<byte[]> blocks) => Items.CountAsync(blocks);
}
