export type { Doctor as DoctorApiNeeds } from '../../services/doctor/doctor.ts'
