using System.ComponentModel;
using System.IO.Pipelines;

namespace Corpus.Broken.Frameworks;

// SignalR: a typed client whose methods return nothing, and a hub with a synchronous method.
[TunnelService] public partial interface IChatClient { void ReceiveMessage(string user, string message); } // TRPC0103

[TunnelService] public partial interface IChatHub { Task Send(string user, object message); } // TRPC0204

// MagicOnion: a receiver.
[TunnelService] public partial interface IGamingHubReceiver { void OnJoin(string player); void OnLeave(string player); } // TRPC0103

// StreamJsonRpc: events, observers and notifications of changes.
[TunnelService] public partial interface IServerWithEvents { event EventHandler<int> Progressed; } // TRPC0101

[TunnelService] public partial interface IDisposableServer : IDisposable { Task<int> AddAsync(int a, int b); } // TRPC0005

[TunnelService] public partial interface INotifies : INotifyPropertyChanged { Task RunAsync(); } // TRPC0005

[TunnelService] public partial interface IDuplexPipes { Task ConnectAsync(IDuplexPipe pipe); } // TRPC0204

// WCF: synchronous, with out parameters.
[TunnelService] public partial interface ICalculator { double Add(double n1, double n2); } // TRPC0103

[TunnelService] public partial interface IWithOut { Task<bool> TryGet(string key, out string value); } // TRPC0201

[TunnelService] public partial interface IBeginEnd { IAsyncResult BeginAdd(int a, AsyncCallback callback, object state); int EndAdd(IAsyncResult result); } // TRPC0103 TRPC0204

// Orleans: a grain as an argument is an interface without members of its own.
public interface IGrain { Task PingAsync(); }

[TunnelService] public partial interface IGrainUser { Task UseAsync(IGrain grain); } // TRPC0204

public sealed class PrivateGrainState
{
    [global::Orleans.Id(0)]
    private int _count; // TRPC0212

    public int Next() => ++_count;
}

[TunnelService] public partial interface IStateGrain { Task<PrivateGrainState> GetAsync(); }

// gRPC: messages with repeated fields that have no setter.
public sealed class RepeatedMessage
{
    private readonly List<string> values_ = []; // TRPC0212

    public List<string> Values => values_;
}

[TunnelService] public partial interface IRepeated { Task PutAsync(RepeatedMessage value); }
