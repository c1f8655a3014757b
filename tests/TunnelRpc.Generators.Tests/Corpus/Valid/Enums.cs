namespace Corpus.Enums;

public enum InSByte : sbyte { None, Low = sbyte.MinValue }

public enum InByte : byte { None, High = byte.MaxValue }

public enum InShort : short { None, Low = short.MinValue }

public enum InUShort : ushort { None, High = ushort.MaxValue }

public enum InInt { None, Low = int.MinValue }

public enum InUInt : uint { None, High = uint.MaxValue }

public enum InLong : long { None, Low = long.MinValue }

public enum InULong : ulong { None, High = ulong.MaxValue }

[TunnelService] public partial interface ISByte { Task<InSByte> GetAsync(); }

[TunnelService] public partial interface IByte { Task<InByte> GetAsync(); }

[TunnelService] public partial interface IShort { Task<InShort> GetAsync(); }

[TunnelService] public partial interface IUShort { Task<InUShort> GetAsync(); }

[TunnelService] public partial interface IInt { Task<InInt> GetAsync(); }

[TunnelService] public partial interface IUInt { Task<InUInt> GetAsync(); }

[TunnelService] public partial interface ILong { Task<InLong> GetAsync(); }

[TunnelService] public partial interface IULong { Task<InULong> GetAsync(); }

// Flags, and values without a name.
[Flags]
public enum Rights { None = 0, Read = 1, Write = 2, All = Read | Write }

public sealed record Grant(Rights Rights, Rights? Optional, Rights[] All, Dictionary<Rights, string> Names);

[TunnelService] public partial interface IGrants { Task<Grant> GetAsync(); Task<Rights> RightsAsync(Rights rights = Rights.Read | Rights.Write); }

// Values with the same number, and an enum nested in a type.
public sealed class Job
{
    public enum State { Idle, Started, Running = Started, Done }

    public State Current { get; set; }

    public HashSet<State> Visited { get; set; } = [];
}

[TunnelService] public partial interface IJobs { Task<Job> GetAsync(Job.State state = Job.State.Done); }

// Enums of the platform.
public sealed record Days(DayOfWeek First, DateTimeKind Kind, StringComparison Comparison);

[TunnelService] public partial interface IDays { Task<Days> GetAsync(); Task<DayOfWeek> FirstAsync(); }

public static class Values
{
    public static InSByte InSByte => InSByte.Low;

    public static InByte InByte => InByte.High;

    public static InShort InShort => InShort.Low;

    public static InUShort InUShort => InUShort.High;

    public static InInt InInt => InInt.Low;

    public static InUInt InUInt => InUInt.High;

    public static InLong InLong => InLong.Low;

    public static InULong InULong => InULong.High;

    public static Grant Grant => new(Rights.All, Rights.Read, [Rights.Write, Rights.None], new() { [Rights.All] = "all" });

    public static Rights Rights => (Rights)64;

    public static Job Job => new() { Current = Job.State.Running, Visited = [Job.State.Idle, Job.State.Done] };

    public static Days Days => new(DayOfWeek.Friday, DateTimeKind.Utc, StringComparison.Ordinal);

    public static DayOfWeek Day => DayOfWeek.Saturday;
}
