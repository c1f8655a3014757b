using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A stream up, one reply.</summary>
internal sealed class ClientStreamingHandler<TService, TArgs, TItem, TResult>(
    ClientStreamingMethod<TService, TArgs, TItem, TResult> method, ServiceActivator<TService> activator)
    : MethodHandler
    where TService : class
{
    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments);
        TArgs args = method.Arguments.Read(ref reader);
        new Call(method, activator, args, head.Peer).Begin(head);
    }

    private sealed class Call : ReceivingCall<TItem>
    {
        private readonly ClientStreamingMethod<TService, TArgs, TItem, TResult> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly TArgs _args;

        public Call(ClientStreamingMethod<TService, TArgs, TItem, TResult> method, ServiceActivator<TService> activator, TArgs args, TunnelPeer peer)
            : base(method.Item, peer)
        {
            _method = method;
            _activator = activator;
            _args = args;
        }

        protected override TunnelMethod Method => _method;

        protected override async ValueTask<bool> InvokeAsync()
        {
            TResult result = await _method.Invoke(Activate(_activator), _args, Items, Cancelled).ConfigureAwait(false);
            return await ReplyAsync(_method.Result, result).ConfigureAwait(false);
        }
    }
}
